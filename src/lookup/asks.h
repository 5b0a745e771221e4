/* asks: the questions of one asker that are open.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_ASKS_H
#define MXPOLICY_LOOKUP_ASKS_H

#include <stdbool.h>
#include <stddef.h>
#include "lookup/job.h"

struct asks;

/* send gets each finding, with its seq set.  changed is called when a question
 * waits for its turn, from inside asks_take(). */
struct asks *asks_open(struct jobs *jobs,
    void (*send)(void *arg, const struct finding *f),
    void (*changed)(void *arg), void *arg);
/* Leaves its jobs; nothing more is sent. */
void asks_close(struct asks *a);

/* Take the payload of one frame.  false: it is not a question that can be
 * answered. */
bool asks_take(struct asks *a, const char *payload, size_t len)
    __attribute__((warn_unused_result));

/* How many questions wait, and are being looked up.  Background questions are
 * counted apart in the first: others go first. */
struct asks_load {
	size_t queued, queued_background;
	size_t open, open_background;
};
const struct asks_load *asks_load(const struct asks *a);

/* Begin its next question of that kind; one has to wait. */
void asks_start_one(struct asks *a, bool background);

#endif
