/* job: one lookup under way, for all who asked for it.
 * SPDX-License-Identifier: MIT */
#include "lookup/job.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "lookup/dane.h"
#include "lookup/mtasts.h"
#include "lookup/notes.h"
#include "wire/bytes.h"

#define BUCKETS 256

TAILQ_HEAD(job_list, job);
TAILQ_HEAD(waiter_list, job_waiter);

struct job {
	TAILQ_ENTRY(job) in_bucket, in_order;
	struct jobs *all;
	struct question q; /* all that it looks for */
	struct waiter_list waiters;
	struct notes notes;
	struct dane *dane;
	struct mtasts *mtasts;
	struct report *report; /* of a failed fetch, under way */
	bool has_dane, has_sts;
	struct dane_finding found_dane;
	struct sts_finding found_sts; /* the last; the text is ours */
	char *text;
	int64_t began_ms;
	int64_t over_ms; /* when it ended; 0: it is under way */
};

struct jobs {
	struct event_base *base;
	struct dns *dns;
	struct https *https;
	struct reports *reports;
	struct event *purge;
	size_t n_running, n_over;
	struct job_list running, over; /* oldest first */
	struct job_list bucket[BUCKETS];
};

static struct job_list *bucket_of(struct jobs *all, const char *name)
{
	return &all->bucket[bytes_checksum(name, strlen(name)) % BUCKETS];
}

static void job_free(struct job *j)
{
	struct jobs *all = j->all;

	dane_cancel(j->dane);
	mtasts_cancel(j->mtasts);
	report_cancel(j->report);
	TAILQ_REMOVE(bucket_of(all, j->q.name), j, in_bucket);
	if (j->over_ms != 0) {
		TAILQ_REMOVE(&all->over, j, in_order);
		all->n_over--;
	} else {
		TAILQ_REMOVE(&all->running, j, in_order);
		all->n_running--;
	}
	free(j->text);
	free(j);
}

/* Jobs that ended long enough ago, or too many. */
static void purge(struct jobs *all)
{
	int64_t now = clock_ms();
	struct job *j;

	while ((j = TAILQ_FIRST(&all->over)) != NULL &&
	       (all->n_over > JOB_KEPT_MAX ||
		   now - j->over_ms >= JOB_KEPT_SECONDS * 1000))
		job_free(j);
}

static void on_purge(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval again = {.tv_sec = 1};
	struct jobs *all = arg;

	(void)fd;
	(void)what;
	purge(all);
	if (all->n_over > 0)
		xneed(evtimer_add(all->purge, &again) == 0);
}

struct jobs *jobs_open(struct event_base *base, struct dns *dns,
    struct https *https, struct reports *reports)
{
	struct jobs *all = xcalloc(1, sizeof *all);

	all->base = base;
	all->dns = dns;
	all->https = https;
	all->reports = reports;
	all->purge = evtimer_new(base, on_purge, all);
	xneed(all->purge != NULL);
	TAILQ_INIT(&all->running);
	TAILQ_INIT(&all->over);
	for (size_t i = 0; i < BUCKETS; i++)
		TAILQ_INIT(&all->bucket[i]);
	return all;
}

void jobs_close(struct jobs *all)
{
	struct job *j;

	if (all == NULL)
		return;
	while ((j = TAILQ_FIRST(&all->running)) != NULL ||
	       (j = TAILQ_FIRST(&all->over)) != NULL)
		job_free(j);
	event_free(all->purge);
	free(all);
}

size_t jobs_running(const struct jobs *all)
{
	return all->n_running;
}

size_t jobs_recent(const struct jobs *all, int64_t ms)
{
	int64_t since = clock_ms() - ms;
	const struct job *j;
	size_t n = 0;

	TAILQ_FOREACH_REVERSE(j, &all->running, job_list, in_order)
	{
		if (j->began_ms <= since)
			break;
		n++;
	}
	return n;
}

/* ---- what waiters get ---- */

static void put_to(struct job_waiter *w, struct finding *f)
{
	f->seq = w->q->seq;
	w->put(w, f);
}

static void put_dane(const struct job *j, struct job_waiter *w)
{
	struct finding f = {.kind = FINDING_DANE, .dane = j->found_dane};

	if (w->q->dane)
		put_to(w, &f);
}

static void put_sts(const struct job *j, struct job_waiter *w)
{
	struct finding f = {.kind = FINDING_STS, .sts = j->found_sts};

	if (w->q->sts)
		put_to(w, &f);
}

static void put_all(
    struct job *j, void (*put)(const struct job *j, struct job_waiter *w))
{
	struct job_waiter *w;

	TAILQ_FOREACH(w, &j->waiters, link)
	put(j, w);
}

static void end_waiters(struct job *j)
{
	struct finding end = {.kind = FINDING_END};
	struct job_waiter *w;

	while ((w = TAILQ_FIRST(&j->waiters)) != NULL) {
		TAILQ_REMOVE(&j->waiters, w, link);
		w->job = NULL;
		put_to(w, &end);
	}
}

static void note_servers(struct job *j)
{
	const struct dns_state *state = dns_state(j->all->dns);
	const struct note n = {.kind = NOTE_SERVERS,
	    .servers = {.servers = state->servers,
		.validates = state->validates,
		.fell_back = state->fell_back,
		.why = state->why}};

	if (j->q.notes && state->known)
		notes_put(&j->notes, &n);
}

static void end_if_done(struct job *j)
{
	const struct timeval soon = {.tv_sec = 1};
	struct jobs *all = j->all;

	if (j->dane != NULL || j->mtasts != NULL || j->report != NULL)
		return;
	note_servers(j);
	TAILQ_REMOVE(&all->running, j, in_order);
	all->n_running--;
	TAILQ_INSERT_TAIL(&all->over, j, in_order);
	all->n_over++;
	j->over_ms = clock_ms();
	end_waiters(j);
	if (!evtimer_pending(all->purge, NULL))
		xneed(evtimer_add(all->purge, &soon) == 0);
}

/* ---- what is found ---- */

static void on_note(void *arg, const struct note *n)
{
	struct finding f = {.kind = FINDING_NOTE, .note = *n};
	struct job *j = arg;
	struct job_waiter *w;

	TAILQ_FOREACH(w, &j->waiters, link)
	if (w->q->notes)
		put_to(w, &f);
}

static void dane_done(void *arg, const struct dane_finding *finding)
{
	struct job *j = arg;

	j->dane = NULL;
	j->found_dane = *finding;
	j->has_dane = true;
	put_all(j, put_dane);
	end_if_done(j);
}

static void report_done(void *arg)
{
	struct job *j = arg;

	j->report = NULL;
	end_if_done(j);
}

/* The finding is on its way already: whoever waits for the answer does not
 * wait for this, only `end` does, so that nobody ends this process before. */
static void report(struct job *j)
{
	const struct report_failure failure = {
	    .domain = j->q.name,
	    .id = j->found_sts.id,
	    .why = &j->found_sts.why,
	};

	if (j->q.report && j->found_sts.found == STS_FOUND_FETCH_FAILED)
		j->report =
		    report_start(j->all->reports, &failure, report_done, j);
}

static void keep_sts(struct job *j, const struct sts_finding *f)
{
	free(j->text);
	j->text = NULL;
	j->found_sts = *f;
	j->has_sts = true;
	if (f->policy.text_len > 0) {
		j->text = xmemdup(f->policy.text, f->policy.text_len);
		j->found_sts.policy.text = j->text;
	}
}

static void sts_found(void *arg, const struct mtasts_found *found)
{
	struct job *j = arg;

	keep_sts(j, found->finding);
	put_all(j, put_sts);
	if (!found->is_last)
		return;
	j->mtasts = NULL;
	report(j);
	end_if_done(j);
}

/* ---- questions ---- */

static bool covers(const struct job *j, const struct question *q)
{
	if (q->notes || q->new || j->q.kind != q->kind ||
	    j->q.port != q->port || strcmp(j->q.name, q->name) != 0)
		return false;
	if (q->dane && !j->q.dane)
		return false;
	return !q->sts || (j->q.sts && j->q.fetch == q->fetch &&
			      strcmp(j->q.id, q->id) == 0);
}

bool job_join(struct jobs *all, struct job_waiter *w)
{
	struct finding end = {.kind = FINDING_END};
	struct job *j;

	purge(all);
	TAILQ_FOREACH(j, bucket_of(all, w->q->name), in_bucket)
	if (covers(j, w->q))
		break;
	if (j == NULL)
		return false;
	/* What failed on our side is not handed on to those who come later. */
	if (j->over_ms != 0 &&
	    ((j->has_dane && j->found_dane.why.cause != CAUSE_NONE) ||
		(j->has_sts && j->found_sts.why.cause != CAUSE_NONE)))
		return false;
	if (j->has_dane)
		put_dane(j, w);
	if (j->has_sts)
		put_sts(j, w);
	if (j->over_ms != 0) {
		put_to(w, &end);
		return true;
	}
	j->q.report |= w->q->report;
	if (w->q->sts && !w->q->hold)
		mtasts_go(j->mtasts);
	j->q.background &= w->q->background;
	w->job = j;
	TAILQ_INSERT_TAIL(&j->waiters, w, link);
	return true;
}

void job_start(struct jobs *all, struct job_waiter *w)
{
	struct job *j = xcalloc(1, sizeof *j);
	const struct notes *notes = w->q->notes ? &j->notes : NULL;

	j->all = all;
	j->began_ms = clock_ms();
	j->q = *w->q;
	j->notes = (struct notes){.put = on_note, .arg = j};
	TAILQ_INIT(&j->waiters);
	TAILQ_INSERT_TAIL(&j->waiters, w, link);
	w->job = j;
	TAILQ_INSERT_HEAD(bucket_of(all, j->q.name), j, in_bucket);
	TAILQ_INSERT_TAIL(&all->running, j, in_order);
	all->n_running++;
	if (j->q.dane)
		j->dane = dane_start(all->dns,
		    &(const struct dane_question){.name = j->q.name,
			.port = j->q.port,
			.is_host = j->q.kind == QUESTION_HOST},
		    notes, dane_done, j);
	if (j->q.sts)
		j->mtasts = mtasts_start(all->dns, all->https,
		    &(const struct mtasts_question){.name = j->q.name,
			.id = j->q.id,
			.fetch = j->q.fetch,
			.hold = j->q.hold,
			.base = all->base,
			.is_background = &j->q.background},
		    notes, sts_found, j);
	end_if_done(j);
}

void job_leave(struct job_waiter *w)
{
	struct job *j = w->job;

	if (j == NULL)
		return;
	TAILQ_REMOVE(&j->waiters, w, link);
	w->job = NULL;
	if (TAILQ_EMPTY(&j->waiters))
		job_free(j);
}

struct mtasts *job_mtasts(struct job_waiter *w)
{
	return w->job != NULL ? w->job->mtasts : NULL;
}

void job_skip(struct job_waiter *w)
{
	const struct job_waiter *other;
	struct job *j = w->job;

	if (j == NULL || j->mtasts == NULL)
		return;
	TAILQ_FOREACH(other, &j->waiters, link)
	if (other->q->sts)
		return;
	mtasts_cancel(j->mtasts);
	j->mtasts = NULL;
	j->q.sts = false;
	end_if_done(j);
}

static bool is_unwanted(const struct job *j)
{
	const struct job_waiter *w;

	TAILQ_FOREACH(w, &j->waiters, link)
	if (!w->later)
		return false;
	return true;
}

bool jobs_give_up_one(struct jobs *all)
{
	struct reason why;
	struct job *j;

	TAILQ_FOREACH(j, &all->running, in_order)
	if (is_unwanted(j))
		break;
	if (j == NULL)
		return false;
	reason_fail(&why, CAUSE_RESOLVE_BUSY,
	    "given up, other lookups needed its place");
	if (j->dane != NULL) {
		j->found_dane = (struct dane_finding){
		    .mx = MX_FAILED,
		    .why = why,
		};
		put_all(j, put_dane);
	}
	if (j->mtasts != NULL) {
		keep_sts(j, &(const struct sts_finding){
				.found = STS_FOUND_TXT_FAILED,
				.why = why,
			    });
		put_all(j, put_sts);
	}
	end_waiters(j);
	job_free(j);
	return true;
}
