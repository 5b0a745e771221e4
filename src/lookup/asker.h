/* asker: one connection of somebody who asks: questions in, findings out.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_ASKER_H
#define MXPOLICY_LOOKUP_ASKER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>
#include "lookup/asks.h"

#define ASKER_QUEUE_MAX 1024   /* questions that wait; no more are read */
#define ASKER_OUT_HIGH 1048576 /* bytes unread by it: no more are read */
#define ASKER_OUT_MAX 16777216 /* bytes unread by it: it is cut off */

struct event_base;
struct asker;

/* Told by an asker, from the event loop. */
struct asker_events {
	/* Something changed: questions wait, or a place is free.  Questions
	 * may be started within. */
	void (*changed)(void *arg);
	/* It is gone, or sent what is not a question (broken).  The asker is
	 * to be closed, which may happen within the call. */
	void (*gone)(void *arg, struct asker *a, bool broken);
	void *arg;
};

/* in and out are pipes, or one non-blocking stream socket, which belongs to
 * the asker from here on.  NULL: they cannot be watched (errno). */
struct asker *asker_open(struct event_base *base, struct jobs *jobs, int in,
    int out, const struct asker_events *events);
/* Leaves its jobs; nothing more is sent.  NULL is fine. */
void asker_close(struct asker *a);

/* Its open questions. */
struct asks *asker_asks(const struct asker *a);

/* Nothing is open or to be written? */
bool asker_is_quiet(const struct asker *a);

/* Has it sent all that it will? */
bool asker_has_ended(const struct asker *a);

/* Is something there to be read?  Then it is read and taken. */
bool asker_look(struct asker *a);

/* For whoever keeps askers in a list. */
TAILQ_HEAD(asker_list, asker);
void asker_enlist(struct asker *a, struct asker_list *list);
struct asker *asker_next(const struct asker *a);
/* To the end of the list: the others have their turn. */
void asker_yield(struct asker *a, struct asker_list *list);
void asker_delist(struct asker *a, struct asker_list *list);

#endif
