/* mtasts: the MTA-STS half of a domain (RFC 8461; design section 7).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_MTASTS_H
#define MXPOLICY_LOOKUP_MTASTS_H

#include <stdbool.h>
#include "lookup/dns.h"
#include "lookup/https.h"
#include "lookup/notes.h"
#include "policy/sts.h"

struct mtasts;

struct mtasts_question {
	const char *name; /* policy domain: A-label, lower case; copied */
	const char *id;	  /* of the policy that is known, "" for none; copied */
	bool fetch;	  /* fetch the policy even when the id is the same */
};

struct mtasts_found {
	const struct sts_finding *finding; /* until the callback returns */
	bool is_last;
};

/* found is called from the event loop with each finding, and is_last with the
 * last one, when the mtasts is gone.  Before a fetch there is one that says so:
 * STS_FOUND_SAME when the id is the same and fetch was asked for, else
 * STS_FOUND_FETCHING.  notes
 * may be NULL and must live as long as the lookup. */
struct mtasts *mtasts_start(struct dns *dns, struct https *https,
    const struct mtasts_question *question, const struct notes *notes,
    void (*found)(void *arg, const struct mtasts_found *f), void *arg);

/* found is not called any more; not from inside it.  NULL is fine. */
void mtasts_cancel(struct mtasts *m);

#endif
