/* tls_level: what Postfix derives from a reply of ours for one delivery.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_TLS_LEVEL_H
#define MXPOLICY_VERB_VERIFY_TLS_LEVEL_H

#include <stdbool.h>
#include <stddef.h>

enum tls_level_level {
	TLS_LEVEL_MAY,	     /* NOTFOUND: TLS if it is offered */
	TLS_LEVEL_DANE,	     /* per host: DANE, else as may */
	TLS_LEVEL_DANE_ONLY, /* hosts without DANE get no mail */
	TLS_LEVEL_SECURE,    /* a trusted CA, with the names of match= */
	TLS_LEVEL_DEFER,     /* TEMP: mail is deferred */
};

struct tls_level {
	enum tls_level_level level;
	bool servername; /* servername=hostname */
	/* Postfix 3.10.5 and newer: MX hosts that match no pattern get no mail,
	 * and the certificate must have the name of the host. */
	bool sts;
	size_t n_match, n_pattern;
	char **match;	/* "mx.example.com", ".example.com" */
	char **pattern; /* "mx.example.com", "*.example.com" */
	size_t match_room, pattern_room;
	char *text; /* what they point into */
};

/* Parse a reply (wire/reply.h); d must be freed by tls_level_clear(). */
void tls_level_read(struct tls_level *d, const char *reply);
void tls_level_clear(struct tls_level *d);

/* Does Postfix deliver to this MX host (in lower case) at all? */
bool tls_level_allows(const struct tls_level *d, const char *host);

#endif
