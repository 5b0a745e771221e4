/* tls_level: what Postfix makes of a reply of ours, for one delivery.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_TLS_LEVEL_H
#define MXPOLICY_VERB_VERIFY_TLS_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

enum tls_level_level {
	TLS_LEVEL_MAY,	     /* NOTFOUND: TLS where it is offered */
	TLS_LEVEL_DANE,	     /* per host: DANE, else as may */
	TLS_LEVEL_DANE_ONLY, /* hosts without DANE get no mail */
	TLS_LEVEL_SECURE,    /* the CA's, with the names of match= */
	TLS_LEVEL_DEFER,     /* TEMP: the mail waits */
};

struct tls_level {
	enum tls_level_level level;
	bool servername; /* servername=hostname */
	/* Postfix 3.10.5 and newer: MX hosts that no pattern matches get no
	 * mail, and the certificate has to name the host. */
	bool sts;
	size_t n_match, n_pattern;
	char **match;	/* "mx.example.com", ".example.com" */
	char **pattern; /* "mx.example.com", "*.example.com" */
	size_t match_room, pattern_room;
	char *text; /* what they point into */
};

/* Read the payload of a reply (wire/reply.h); freed by tls_level_clear(). */
void tls_level_read(struct tls_level *d, const char *reply);
void tls_level_clear(struct tls_level *d);

/* Does Postfix deliver to this MX host at all (lower case)? */
bool tls_level_allows(const struct tls_level *d, const char *host);

#endif
