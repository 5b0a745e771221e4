/* state: the MX hosts of a next hop, and the result for each.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_STATE_H
#define MXPOLICY_VERB_VERIFY_STATE_H

#include <netinet/in.h>
#include "verb/trace.h"
#include "verb/verify/dane.h"
#include "verb/verify/peer.h"
#include "verb/verify/probe.h"
#include "verb/verify/tls_level.h"

struct chain_store;

#define VERIFY_HOSTS_MAX 128
#define VERIFY_ADDRESSES_MAX 32 /* of one host */
#define VERIFY_TLSA_MAX 64	/* of one host */
/* Postfix's smtp_mx_address_limit: it tries no more. */
#define VERIFY_POSTFIX_ADDRESSES 5

/* What Postfix requires of one host. */
enum verify_need {
	VERIFY_NOTHING, /* TLS if it is offered, any certificate */
	VERIFY_TLS,	/* TLS, any certificate */
	VERIFY_DANE,	/* a certificate that matches the TLSA records */
	VERIFY_PKIX,	/* one issued by a trusted CA, with a name */
	VERIFY_SKIPPED, /* Postfix skips the host: why */
};

enum verify_fate {
	VERIFY_DELIVERED,
	VERIFY_REFUSED,	  /* reached, but not acceptable */
	VERIFY_UNREACHED, /* not determined */
};

struct verify_address {
	char text[INET6_ADDRSTRLEN];
	enum tls_keys keys;
	struct probe *probe; /* NULL: not tried */
	enum verify_fate fate;
	struct reason why;     /* unless DELIVERED; else a remark */
	enum peer_trust trust; /* with TLS */
	struct dane_tlsa tlsa[VERIFY_TLSA_MAX]; /* as for the host */
	/* The same once more for the certificate with the other kind of key;
	 * NULL: the server has none, or any certificate will do. */
	struct verify_address *other;
};

struct verify_host {
	struct trace_host host;
	enum verify_need need;
	struct reason why; /* of SKIPPED and of late */
	bool unknown;	   /* SKIPPED because something was not determined */
	bool late;	   /* gets no mail: too many addresses come first */
	const char *base;  /* TLSA base domain (RFC 7672 1.1); "" for none */
	const char *sni;   /* or NULL */
	const char **name; /* accepted in the certificate */
	size_t n_names, room;
	size_t n_tlsa;
	struct dane_tlsa tlsa[VERIFY_TLSA_MAX];
	char *tlsa_text[VERIFY_TLSA_MAX]; /* "3 1 1 d2ab..." */
	size_t n_addresses;
	struct verify_address *address; /* VERIFY_ADDRESSES_MAX of them */
};

struct verify {
	/* Set by the verb. */
	const struct verb_context *v;
	struct trace *c;
	const struct config_map *map;
	uint16_t port; /* 0: that of the next hop */
	int family;    /* AF_UNSPEC: both */
	int64_t timeout_ms;
	long days;  /* warn of certificates that end within; 0: by their life */
	bool brief; /* a line for each next hop */
	struct chain_store *store; /* NULL: store_why */
	struct reason store_why;

	/* Of one next hop. */
	struct tls_level demand;
	bool mx_secure;
	/* The names of the MX question, for the certificate. */
	const char *mx_name[2];
	uint16_t to_port;
	size_t n_hosts;
	struct verify_host *host[VERIFY_HOSTS_MAX];
};

#endif
