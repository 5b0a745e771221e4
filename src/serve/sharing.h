/* sharing: what other machines have learned, beside the lookups of this one.
 * SPDX-License-Identifier: MIT
 *
 * `share` is asked when a lookup begins, at the same time as `resolve`: DNS is
 * not waited for, and does not wait.  Only the fetch of a policy is held back
 * (wire/question.h): for the moment that the answer takes, and while another
 * machine is known to fetch the same.  Whatever is wrong with the shared
 * cache, the lookup goes on by itself.  What was found here is put there at its
 * end. */
#ifndef MXPOLICY_SERVE_SHARING_H
#define MXPOLICY_SERVE_SHARING_H

#include <poll.h>
#include <stdbool.h>
#include "serve/config.h"
#include "serve/inflight.h"
#include "serve/link.h"

enum sharing_event {
	SHARING_HIT, /* a half or more was taken */
	SHARING_MISS,
	SHARING_REFUSED, /* it did not prove itself */
	SHARING_DOWN,	 /* the shared cache cannot be asked */
	SHARING_LATE,	 /* no answer before the lookup was over */
	SHARING_LEASED,	 /* this machine fetched for all */
	SHARING_WAITED,	 /* another one did; usec is how long it took */
	SHARING_EVENTS,
};

struct sharing;

/* c and link must outlive the result, and so must in.  NULL where nothing is
 * shared; all functions take that. */
struct sharing *sharing_open(
    const struct config *c, struct link *link, struct inflight *in);
void sharing_close(struct sharing *s);

/* Who is told what became of a question, and how long its answer took. */
void sharing_tell(struct sharing *s,
    void (*tell)(void *arg, enum sharing_event event, int64_t usec), void *arg);

/* A lookup begins.  true: share is asked, and the lookup's fetch is to be held
 * back. */
bool sharing_ask(struct sharing *s, struct flight *f);

/* Its TXT record is in, and a fetch comes next.  true: the policy of that id is
 * known already; `resolve` has been told.  false: whether this machine may
 * fetch is asked for. */
bool sharing_knows(
    struct sharing *s, struct flight *f, const struct sts_finding *txt);

/* `resolve` is asked once more. */
void sharing_again(struct sharing *s, struct flight *f);

/* It is over: what was found here goes to the others. */
void sharing_over(struct sharing *s, struct flight *f);

/* Nobody asks at the moment: give back memory. */
void sharing_rest(struct sharing *s);

/* For poll(); and take in what has come, without waiting. */
struct pollfd sharing_poll(const struct sharing *s);
void sharing_handle(struct sharing *s);

#endif
