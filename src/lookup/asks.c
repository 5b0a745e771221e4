/* asks: the questions of one asker that are open.
 * SPDX-License-Identifier: MIT */
#include "lookup/asks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/xalloc.h"
#include "lookup/idn.h"
#include "lookup/mtasts.h"

/* One question, until its `end` was sent. */
struct asked {
	struct job_waiter waiter; /* first: handed out as such */
	TAILQ_ENTRY(asked) link;
	struct asks *asks;
	struct question q;
};

TAILQ_HEAD(asked_list, asked);

struct asks {
	struct jobs *jobs;
	void (*send)(void *arg, const struct finding *f);
	void (*changed)(void *arg);
	void *arg;
	struct asked_list queued, queued_background, open;
	struct asks_load load;
};

struct asks *asks_open(struct jobs *jobs,
    void (*send)(void *arg, const struct finding *f),
    void (*changed)(void *arg), void *arg)
{
	struct asks *a = xcalloc(1, sizeof *a);

	a->jobs = jobs;
	a->send = send;
	a->changed = changed;
	a->arg = arg;
	TAILQ_INIT(&a->queued);
	TAILQ_INIT(&a->queued_background);
	TAILQ_INIT(&a->open);
	return a;
}

static void free_list(struct asked_list *list)
{
	struct asked *d;

	while ((d = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, d, link);
		job_leave(&d->waiter);
		free(d);
	}
}

void asks_close(struct asks *a)
{
	free_list(&a->queued);
	free_list(&a->queued_background);
	free_list(&a->open);
	free(a);
}

const struct asks_load *asks_load(const struct asks *a)
{
	return &a->load;
}

static void forget(struct asked *d)
{
	struct asks *a = d->asks;

	TAILQ_REMOVE(&a->open, d, link);
	a->load.open--;
	a->load.open_background -= d->q.background;
	free(d);
}

static void put(struct job_waiter *w, const struct finding *f)
{
	struct asked *d = (struct asked *)w;

	d->asks->send(d->asks->arg, f);
	if (f->kind == FINDING_END)
		forget(d);
}

static void start(struct asked *d)
{
	struct asks *a = d->asks;

	TAILQ_INSERT_TAIL(&a->open, d, link);
	a->load.open++;
	a->load.open_background += d->q.background;
	job_start(a->jobs, &d->waiter);
}

static struct asked_list *queue_of(struct asks *a, bool background)
{
	return background ? &a->queued_background : &a->queued;
}

static size_t *queued_of(struct asks *a, bool background)
{
	return background ? &a->load.queued_background : &a->load.queued;
}

static void dequeue(struct asked *d)
{
	TAILQ_REMOVE(queue_of(d->asks, d->q.background), d, link);
	--*queued_of(d->asks, d->q.background);
}

void asks_start_one(struct asks *a, bool background)
{
	struct asked *d = TAILQ_FIRST(queue_of(a, background));

	dequeue(d);
	start(d);
}

static void answer_name(struct asks *a, const struct question *q)
{
	struct finding f = {.seq = q->seq, .kind = FINDING_NAME};
	struct finding end = {.seq = q->seq, .kind = FINDING_END};

	if (!idn_to_alabel(q->name, f.name))
		f.name[0] = '\0';
	a->send(a->arg, &f);
	a->send(a->arg, &end);
}

/* It is in no DNS: nothing to be looked up. */
static void refuse_name(struct asks *a, const struct question *q)
{
	struct finding f = {.seq = q->seq, .kind = FINDING_DANE};

	if (q->dane) {
		f.dane.mx = MX_NONE;
		reason_set(&f.dane.why, "not a host name");
		a->send(a->arg, &f);
	}
	if (q->sts) {
		f.kind = FINDING_STS;
		f.sts.found = STS_FOUND_ABSENT;
		a->send(a->arg, &f);
	}
	f.kind = FINDING_END;
	a->send(a->arg, &f);
}

static struct asked *find(const struct asked_list *list, uint32_t seq)
{
	struct asked *d;

	TAILQ_FOREACH(d, list, link)
	if (d->q.seq == seq)
		return d;
	return NULL;
}

static struct asked *find_any(struct asks *a, uint32_t seq)
{
	struct asked *d = find(&a->open, seq);

	if (d == NULL)
		d = find(&a->queued, seq);
	if (d == NULL)
		d = find(&a->queued_background, seq);
	return d;
}

static void cancel(struct asked *d)
{
	struct finding end = {.seq = d->q.seq, .kind = FINDING_END};
	struct asks *a = d->asks;

	if (find(&a->open, d->q.seq) == d) {
		job_leave(&d->waiter);
		forget(d);
	} else {
		dequeue(d);
		free(d);
	}
	a->send(a->arg, &end);
}

/* An order that crosses the end of its question on the way is no mistake. */
static void take_order(struct asks *a, const struct question *q)
{
	struct asked *d = find_any(a, q->seq);

	if (d == NULL)
		return;
	switch (q->kind) {
	case QUESTION_CANCEL:
		cancel(d);
		break;
	case QUESTION_LATER:
		d->waiter.later = true;
		break;
	case QUESTION_GO:
		d->q.hold = false;
		mtasts_go(job_mtasts(&d->waiter));
		break;
	case QUESTION_WAIT:
		mtasts_wait(job_mtasts(&d->waiter));
		break;
	case QUESTION_SKIP:
		d->q.sts = false;
		job_skip(&d->waiter);
		break;
	case QUESTION_MX:
	case QUESTION_HOST:
	case QUESTION_NAME:
	case QUESTION_KINDS:
		break;
	}
}

static void take_lookup(struct asks *a, const struct question *q)
{
	const struct finding queued = {.seq = q->seq, .kind = FINDING_QUEUED};
	struct asked *d = xcalloc(1, sizeof *d);
	bool background = q->background;

	d->asks = a;
	d->q = *q;
	d->waiter = (struct job_waiter){.q = &d->q, .put = put};
	/* Joining takes nobody's place. */
	TAILQ_INSERT_TAIL(&a->open, d, link);
	a->load.open++;
	a->load.open_background += background;
	if (job_join(a->jobs, &d->waiter))
		return;
	TAILQ_REMOVE(&a->open, d, link);
	a->load.open--;
	a->load.open_background -= background;
	TAILQ_INSERT_TAIL(queue_of(a, background), d, link);
	++*queued_of(a, background);
	a->changed(a->arg);
	/* It may have begun by now, and have ended. */
	if (find(queue_of(a, background), queued.seq) != NULL)
		a->send(a->arg, &queued);
}

bool asks_take(struct asks *a, const char *payload, size_t len)
{
	struct question q;

	if (!question_parse(&q, payload, len))
		return false;
	switch (q.kind) {
	case QUESTION_LATER:
	case QUESTION_CANCEL:
	case QUESTION_GO:
	case QUESTION_WAIT:
	case QUESTION_SKIP:
		take_order(a, &q);
		return true;
	case QUESTION_KINDS:
		return false;
	case QUESTION_MX:
	case QUESTION_HOST:
	case QUESTION_NAME:
		break;
	}
	if (find_any(a, q.seq) != NULL)
		return false;
	if (q.kind == QUESTION_NAME)
		answer_name(a, &q);
	else if (!domain_is_hostname(q.name, strlen(q.name)))
		refuse_name(a, &q);
	else
		take_lookup(a, &q);
	return true;
}
