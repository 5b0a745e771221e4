/* worker: the `resolve` process of a serving process, and the talk with it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_WORKER_H
#define MXPOLICY_SERVE_WORKER_H

#include <poll.h>
#include <stdbool.h>
#include "wire/question.h"

struct worker;

/* args: the options that this process got (-c, -o), NULL-terminated, handed
 * on to resolve; they must outlive the worker.  Nothing is started yet. */
struct worker *worker_open(char *const *args);
/* Ends the process if there is one (it leaves at the end of its input; it is
 * killed, because nobody waits for what it still does). */
void worker_close(struct worker *w);

/* Put a question; starts the process when there is none.
 * false: it could not be started, or too much is queued already. */
bool worker_ask(struct worker *w, const struct question *q, struct reason *why)
    __attribute__((warn_unused_result));

/* Fill p[0] and p[1] for poll(); an absent process gives fds of -1. */
void worker_poll(const struct worker *w, struct pollfd p[static 2]);

enum worker_event {
	WORKER_QUIET,	/* nothing to be read now */
	WORKER_FINDING, /* f is filled; its texts live until the next call */
	WORKER_LEFT,	/* it left as it may: ask open questions again */
	WORKER_FAILED,	/* it crashed or talked nonsense (and was killed) */
};

/* Write what is queued, read what is there, never wait. */
enum worker_event worker_next(struct worker *w, struct finding *f,
    struct reason *why) __attribute__((warn_unused_result));

/* Kill a process that does not answer. */
void worker_kill(struct worker *w);

#endif
