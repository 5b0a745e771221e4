/* dnsdoubt: a second opinion on an answer that failed: names that exist only
 * here.
 * SPDX-License-Identifier: MIT
 *
 * A resolver that serves a name of its own (split horizon) cannot prove it, and
 * what it says is bogus.  Where the public tree securely proves that the name,
 * or its top-level name, does not exist, nobody can have published anything
 * there; where it securely proves that the name is in an unsigned zone, there
 * is nothing to validate.  Nothing else is excused. */
#ifndef MXPOLICY_DNS_DNSDOUBT_H
#define MXPOLICY_DNS_DNSDOUBT_H

#include <stdbool.h>
#include "dns/dnspool.h"

#define DNSDOUBT_STEP_MS 3000 /* for each of at most three questions */

/* Of an answer that nothing was found for, seconds. */
#define DNSDOUBT_ABSENT_TTL 3600
/* Why nothing was found, for people. */
#define DNSDOUBT_NO_TLD "its top-level name is proven not to exist in public"
#define DNSDOUBT_NO_NAME "it is proven not to exist in public"

struct dnsdoubt;

/* What was proven of top-level names, for all. */
struct dnsdoubt_memory;
struct dnsdoubt_memory *dnsdoubt_remember(void);
void dnsdoubt_forget(struct dnsdoubt_memory *m);

/* Is it proven that the name's top-level name does not exist? */
bool dnsdoubt_is_denied(const struct dnsdoubt_memory *m, const char *name);

struct dnsdoubt_call {
	const char *name; /* stays until done is called */
	enum dns_type type;
	enum cause cause;   /* of the failure */
	struct dnsgen *gen; /* where it failed */
	/* answer: DNS_INSECURE, to be used in place of the failed one; or NULL,
	 * the failure stands.  Called once, from the loop; the dnsdoubt is
	 * freed then. */
	void (*done)(void *arg, struct dns_answer *answer);
	void *arg;
};

/* NULL: there is nothing to doubt, done is not called. */
struct dnsdoubt *dnsdoubt_start(struct event_base *base,
    const struct dnspool *pool, struct dnsdoubt_memory *memory,
    const struct dnsdoubt_call *call);

/* done is no longer called.  NULL is allowed. */
void dnsdoubt_cancel(struct dnsdoubt *d);

#endif
