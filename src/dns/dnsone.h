/* dnsone: one question to one context, answered from the event loop.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSONE_H
#define MXPOLICY_DNS_DNSONE_H

#include <stdint.h>
#include "dns/dnsgen.h"

struct dnsone;

struct dnsone_question {
	const char *name; /* text, no trailing dot, copied */
	enum dns_type type;
	/* The answer's denied_tld is set if it proves that this top-level name
	 * does not exist; NULL: nobody wants to know.  Copied. */
	const char *tld;
	int limit_ms; /* then it is DNS_FAILED, CAUSE_DNS_TIMEOUT; 0: none */
	void *arg;
	/* Called once, from the loop and never before dnsone_ask() returns; the
	 * answer then belongs to it, and the dnsone is freed. */
	void (*done)(void *arg, struct dns_answer *answer);
};

/* The generation gets one more user until the answer is given. */
struct dnsone *dnsone_ask(struct event_base *base, struct dnsgen *g,
    const struct dnsone_question *question);

/* A name that nobody has asked for before, since its top-level name does not
 * exist: 16 letters, more than anybody's memory holds.  It has two labels: some
 * resolvers pass on no others. */
#define DNSONE_UNHEARD_MAX 18
void dnsone_unheard(char name[static DNSONE_UNHEARD_MAX + 1]);

/* done is no longer called.  NULL is allowed. */
void dnsone_cancel(struct dnsone *o);

/* Of a question under way: whom it asks, since when (clock_ms()). */
struct dnsgen *dnsone_gen(const struct dnsone *o);
int64_t dnsone_since(const struct dnsone *o);

#endif
