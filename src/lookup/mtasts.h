/* mtasts: the MTA-STS branch of a domain (RFC 8461).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_MTASTS_H
#define MXPOLICY_LOOKUP_MTASTS_H

#include <stdbool.h>
#include "dns/dns.h"
#include "lookup/https.h"
#include "lookup/notes.h"
#include "policy/sts.h"

struct event_base;
struct mtasts;

struct mtasts_question {
	const char *name; /* policy domain: A-label, lower case; copied */
	const char *id;	  /* of the known policy, "" for none; copied */
	bool fetch;	  /* fetch the policy even if the id is the same */
	bool hold;	  /* not before QUESTION_HOLD_MS or mtasts_go() */
	struct event_base *base; /* for that */
	/* As for https_get_policy(). */
	const bool *is_background;
};

struct mtasts_found {
	const struct sts_finding *finding; /* until the callback returns */
	bool is_last;
};

/* found is called from the event loop with each finding, with is_last for the
 * last one, when the mtasts is freed.  Before a fetch there is one more:
 * STS_FOUND_SAME if the id is the same and fetch is set, else
 * STS_FOUND_FETCHING.  notes may be NULL and must outlive the lookup. */
struct mtasts *mtasts_start(struct dns *dns, struct https *https,
    const struct mtasts_question *question, const struct notes *notes,
    void (*found)(void *arg, const struct mtasts_found *f), void *arg);

/* A fetch that is held back begins; or is held back for QUESTION_WAIT_MS from
 * now, once.  Not from a callback.  NULL is allowed. */
void mtasts_go(struct mtasts *m);
void mtasts_wait(struct mtasts *m);

/* found is no longer called.  Not from a callback.  NULL is allowed. */
void mtasts_cancel(struct mtasts *m);

#endif
