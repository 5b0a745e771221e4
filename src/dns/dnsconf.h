/* dnsconf: which name servers are used, and which trust anchor.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSCONF_H
#define MXPOLICY_DNS_DNSCONF_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include "policy/reason.h"

#define DNSCONF_SERVERS_MAX 16	    /* more are ignored */
#define DNSCONF_SERVER_TEXT_MAX 320 /* address, scope, port, a host name */
#define DNSCONF_RESOLV_CONF "/etc/resolv.conf"

/* The settings of resolve for DNS. */
struct dns_config {
	const char *resolver; /* the setting; "" those in resolv.conf */
	/* A file; "" the distribution's and the built-in keys of the root. */
	const char *trust_anchor;
	const char *ca_file;	 /* for DNS over TLS; "" the system's */
	const char *local_zones; /* the setting local-zones; "" none */
	/* The AD bit of servers on loopback is believed, in place of validating
	 * what they say (dnssec = trust-ad). */
	bool trust_ad;
	/* Logs one line about unusable name servers; may be NULL. */
	void (*log)(const char *text);
};

struct dnsconf {
	bool recursive; /* start at the root, do not forward */
	bool tls;	/* all forwards use DNS over TLS */
	size_t n;
	/* In libunbound's form: address[%scope][@port][#name]. */
	char server[DNSCONF_SERVERS_MAX][DNSCONF_SERVER_TEXT_MAX + 1];
};

/* Parse the setting `resolver`: "recursive", or addresses separated by blanks
 * or commas: "addr", "addr@port", "tls://addr[@port][#name]".  Either all or
 * none use TLS, since a fallback to plain text would defeat it. false: why is
 * set. */
bool dnsconf_parse(struct dnsconf *c, const char *text, struct reason *why)
    __attribute__((warn_unused_result));

/* Parse the nameserver lines of a resolv.conf(5); lines without an address are
 * ignored.  If there are none: 127.0.0.1, as in the C library. */
void dnsconf_parse_resolv_conf(struct dnsconf *c, const char *text);

/* Read DNSCONF_RESOLV_CONF (the first 64 KiB); a missing file is empty, and one
 * that may not be read (any more) is as it was the last time. */
void dnsconf_read_system(struct dnsconf *c);

/* "192.0.2.1, 192.0.2.2" for reasons; cut if it does not fit. */
void dnsconf_format(const struct dnsconf *c, char *buf, size_t size);

/* The address of "addr" or "addr@port"; returns its length, 0 if it has a
 * scope. */
socklen_t dnsconf_address(const char *server, struct sockaddr_storage *to);

/* Are all servers on this machine, and asked without TLS? */
bool dnsconf_is_loopback(const struct dnsconf *c);

/* The distribution's file with the root's trust anchor, or NULL. */
const char *dnsconf_anchor_file(void);

/* Used if there is none: DS records of the root's keys, NULL-terminated. */
extern const char *const dnsconf_anchors[];

#endif
