/* weakdns: what makes DNSSEC worth less than it seems.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_WEAKDNS_H
#define MXPOLICY_VERB_WEAKDNS_H

#include <stdbool.h>
#include <stddef.h>
#include "verb/trace.h"

#define WEAKDNS_MAX 300

enum weakdns {
	WEAKDNS_NOTHING,
	WEAKDNS_SHA1,	  /* signed with SHA-1 alone (RFC 9905) */
	WEAKDNS_ITERATED, /* denied by NSEC3 of many iterations */
};

struct weakdns_walk {
	size_t pos;
	unsigned int seen; /* of enum weakdns, as bits */
};

/* Walk the answers that decide on DANE, of MX records and hosts; walk starts
 * as zeroes.  The next one that is weak, and why, in the reader's language;
 * each kind is given once, with the first name that it is found at.  *a is
 * valid until the next lookup.  false: there are no more. */
bool weakdns_next(const struct trace *c, struct weakdns_walk *walk,
    struct note_answer *a, char text[static WEAKDNS_MAX]);

#endif
