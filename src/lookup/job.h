/* job: one lookup under way, for all who asked for it.
 * SPDX-License-Identifier: MIT
 *
 * Fifty who ask for a domain at once are one set of DNS questions and one
 * fetch.  What a job found is kept for JOB_KEPT_SECONDS after its end, so that
 * whoever looked into the cache just before it was stored gets it too. */
#ifndef MXPOLICY_LOOKUP_JOB_H
#define MXPOLICY_LOOKUP_JOB_H

#include <stdbool.h>
#include <sys/queue.h>
#include "dns/dns.h"
#include "lookup/https.h"
#include "lookup/report.h"
#include "wire/question.h"

#define JOB_KEPT_SECONDS 2
#define JOB_KEPT_MAX 256 /* jobs that are over */

struct event_base;
struct job;
struct mtasts;
struct jobs;

/* One question of one asker.  The asker owns it and fills the first part. */
struct job_waiter {
	const struct question *q;
	/* Called from the event loop, or from inside job_start() and
	 * job_join(), with each finding; f->seq is the question's.  After
	 * FINDING_END the waiter is detached and may be freed. */
	void (*put)(struct job_waiter *w, const struct finding *f);
	bool later; /* nobody waits for it any more */

	TAILQ_ENTRY(job_waiter) link; /* ours, as is what follows */
	struct job *job;	      /* NULL: detached */
};

/* What all jobs use must outlive them. */
struct jobs *jobs_open(struct event_base *base, struct dns *dns,
    struct https *https, struct reports *reports);
/* Cancels what is under way without a word to its waiters.  NULL is fine. */
void jobs_close(struct jobs *all);

/* How many are under way. */
size_t jobs_running(const struct jobs *all);
/* How many of these began in the last so many milliseconds. */
size_t jobs_recent(const struct jobs *all, int64_t ms);

/* Join a job that is under way, or has just ended, and finds all that w asks
 * for; w gets at once what is in.  false: there is none. */
bool job_join(struct jobs *all, struct job_waiter *w)
    __attribute__((warn_unused_result));

/* Begin a job for w. */
void job_start(struct jobs *all, struct job_waiter *w);

/* w wants nothing any more: put is not called again.  Its job ends when it was
 * the last.  Fine for one that is detached. */
void job_leave(struct job_waiter *w);

/* What looks up the MTA-STS half for w, to be told about its fetch; or NULL. */
struct mtasts *job_mtasts(struct job_waiter *w);
/* w->q->sts became false: where nobody else asks for that half, its lookup
 * ends.  May end the job. */
void job_skip(struct job_waiter *w);

/* End the oldest job that nobody waits for: its waiters get what is missing as
 * failed with CAUSE_RESOLVE_BUSY, and the end.  false: there is none. */
bool jobs_give_up_one(struct jobs *all);

#endif
