/* demand: what Postfix makes of a reply of ours, for one delivery.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_DEMAND_H
#define MXPOLICY_VERB_DEMAND_H

#include <stdbool.h>
#include <stddef.h>

enum demand_level {
	DEMAND_MAY,	  /* NOTFOUND: TLS where it is offered */
	DEMAND_DANE,	  /* per host: DANE, else as may */
	DEMAND_DANE_ONLY, /* hosts without DANE get no mail */
	DEMAND_SECURE,	  /* the CA's, with the names of match= */
	DEMAND_DEFER,	  /* TEMP: the mail waits */
};

struct demand {
	enum demand_level level;
	bool servername; /* servername=hostname */
	/* Postfix 3.10.5 and newer: MX hosts that no pattern matches get no
	 * mail, and the certificate has to name the host. */
	bool sts;
	size_t n_match, n_pattern;
	char **match;	/* "mx.example.com", ".example.com" */
	char **pattern; /* "mx.example.com", "*.example.com" */
	char *text;	/* what they point into */
};

/* Read the payload of a reply (wire/reply.h).  Free it with demand_clear(). */
void demand_read(struct demand *d, const char *reply);
void demand_clear(struct demand *d);

/* Does Postfix deliver to this MX host at all (lower case)? */
bool demand_allows(const struct demand *d, const char *host);

#endif
