/* refresh: lookups, from the question to the stored record.
 * SPDX-License-Identifier: MIT */
#include "serve/refresh.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "cache/lookup_lock.h"
#include "serve/keeper.h"
#include "serve/link.h"
#include "wire/share.h"

/* A lookup ends by itself: DNS and HTTPS have their time limits.  Beyond their
 * sum the process hangs. */
#define REFRESH_HANG_MS 150000
/* Findings taken in at once: a process that never stops talking must not keep
 * whoever waits from looking at the deadline. */
#define REFRESH_BURST 256
/* A question that was open in so many deaths of resolve may be their cause. */
#define REFRESH_DEATHS_MAX 2
#define REFRESH_POLL_MS 1000

struct refresh {
	struct refresh_options options;
	struct fold fold;
	struct store *store;
	struct link *link;
	struct inflight *in;
	struct keeper keeper;
};

struct refresh *refresh_open(const struct config *c, struct store *store,
    const struct refresh_options *options)
{
	struct refresh *r = xcalloc(1, sizeof *r);

	r->fold.config = c;
	r->options = *options;
	r->fold.background = options->background;
	if (options->observer != NULL)
		r->fold.tell = *options->observer;
	r->store = store;
	r->link = link_open(c->resolve_socket, options->args);
	r->keeper = (struct keeper){.store = store,
	    .not_stored = c->cache[0] != '\0' ? r->fold.tell.not_stored : NULL,
	    .arg = r->fold.tell.arg};
	r->in = inflight_open(options->max);
	r->fold.sharing = sharing_open(c, r->link, r->in);
	sharing_tell(r->fold.sharing, r->fold.tell.shared, r->fold.tell.arg);
	return r;
}

void refresh_close(struct refresh *r)
{
	if (r == NULL)
		return;
	sharing_close(r->fold.sharing);
	link_close(r->link);
	inflight_close(r->in);
	free(r);
}

const struct lookup *refresh_find(const struct refresh *r, const char *key)
{
	struct flight *f = inflight_find(r->in, key);

	return f != NULL ? &f->lookup : NULL;
}

size_t refresh_in_flight(const struct refresh *r)
{
	return inflight_running(r->in);
}

size_t refresh_failed(const struct refresh *r)
{
	return r->fold.failed;
}

/* ---- into the cache ---- */

static void finish(struct refresh *r, struct flight *f)
{
	struct lookup *l = &f->lookup;

	f->ending = false;
	l->over = true;
	l->dane_pending = l->sts_pending = l->fetching = false;
	sharing_over(r->fold.sharing, f);
	lookup_lock_leave(store_page(r->store), l->key);
	r->fold.failed += l->record.dane.failures > 0 || l->record.sts.failed;
	if (l->stored)
		inflight_clear(f);
}

/* Returns how many lookups are over by it. */
static size_t settle(struct refresh *r)
{
	struct flight *f = NULL;
	size_t over = 0;

	keeper_put_complete(&r->keeper, r->in);
	while ((f = inflight_next(r->in, f)) != NULL) {
		if (!f->ending)
			continue;
		finish(r, f);
		over++;
	}
	return over;
}

void refresh_store(struct refresh *r, const char *key, int64_t deadline_ms)
{
	struct flight *f = inflight_find(r->in, key);

	if (f != NULL && f->changed)
		keeper_put(&r->keeper, f, deadline_ms);
}

bool refresh_is_lost(const struct refresh *r)
{
	return link_is_lost(r->link);
}

/* ---- findings ---- */

/* What was not asked, or has been answered, is not believed. */
static void take_in(struct refresh *r, const struct finding *in)
{
	struct flight *f = inflight_find_seq(r->in, in->seq);

	if (f == NULL)
		return;
	f->lookup.queued = in->kind == FINDING_QUEUED;
	switch (in->kind) {
	case FINDING_DANE:
		if (f->lookup.dane_pending)
			fold_dane(&r->fold, f, &in->dane);
		return;
	case FINDING_STS:
		if (f->lookup.sts_pending)
			fold_sts(&r->fold, f, &in->sts);
		return;
	case FINDING_NOTE:
		if (r->fold.tell.note != NULL)
			r->fold.tell.note(
			    r->fold.tell.arg, f->lookup.key, &in->note);
		return;
	case FINDING_QUEUED:
	case FINDING_NAME:
		return;
	case FINDING_END:
		fold_end(&r->fold, f);
		return;
	}
}

/* ---- questions ---- */

static void ask_resolve(struct refresh *r, struct flight *f)
{
	const struct sts_branch *sts = &f->lookup.record.sts;
	struct question *q = &f->question;
	struct reason why;

	f->defer_ms = 0;
	q->dane = f->lookup.dane_pending;
	q->sts = f->lookup.sts_pending;
	q->fetch = fresh_fetch_due(sts, f->until);
	q->id[0] = '\0';
	if (fresh_policy_alive(sts, clock_now()))
		strcpy(q->id, sts->id);
	if (link_ask(r->link, q, &why))
		return;
	if (r->fold.tell.resolve != NULL)
		r->fold.tell.resolve(r->fold.tell.arg, &why);
	fold_failure(&r->fold, f, &why, !link_is_lost(r->link));
}

/* Where nobody waits, what others know is waited for, and spares name servers
 * the questions. */
static void put_question(
    struct refresh *r, struct flight *f, const struct domain *d, int64_t until)
{
	f->until = until;
	f->question = (struct question){.seq = f->seq,
	    .kind = d->kind == DOMAIN_HOST ? QUESTION_HOST : QUESTION_MX,
	    .port = d->port,
	    .notes = r->fold.tell.note != NULL,
	    .report =
		r->options.reports && r->fold.config->tlsrpt_socket[0] != '\0',
	    .background = r->options.background,
	    .new = until == REFRESH_ALL};
	strcpy(f->question.name, d->name);
	f->question.hold = sharing_ask(r->fold.sharing, f);
	if (f->question.hold && r->options.background)
		f->defer_ms = clock_ms() + SHARE_BOUND_MS;
	else
		ask_resolve(r, f);
}

static void ask_deferred(struct refresh *r)
{
	struct flight *f = NULL;

	if (r->fold.sharing == NULL)
		return;
	while ((f = inflight_next(r->in, f)) != NULL) {
		if (f->defer_ms == 0 || f->lookup.over || f->ending ||
		    (f->share.asked && clock_ms() < f->defer_ms))
			continue;
		if (f->lookup.dane_pending || f->lookup.sts_pending)
			ask_resolve(r, f);
		else
			f->ending = true;
	}
}

/* ---- resolve is gone ---- */

/* Whatever is open is asked once more; who was open in two deaths may be their
 * cause, and is given up. */
static void ask_again(
    struct refresh *r, struct flight *f, const struct reason *why)
{
	struct reason again = *why;

	f->question.dane = f->lookup.dane_pending;
	f->question.sts = f->lookup.sts_pending;
	f->lookup.fetching = f->lookup.queued = false;
	sharing_again(r->fold.sharing, f);
	if (++f->deaths < REFRESH_DEATHS_MAX &&
	    link_ask(r->link, &f->question, &again))
		return;
	if (again.cause == CAUSE_NONE)
		reason_fail(&again, CAUSE_RESOLVE_DIED,
		    "resolve left without an answer");
	fold_failure(&r->fold, f, &again, !link_is_lost(r->link));
}

static void link_is_down(struct refresh *r, const struct reason *why)
{
	struct flight *f = NULL;
	bool open = false;

	while ((f = inflight_next(r->in, f)) != NULL) {
		if (f->lookup.over || f->ending || f->defer_ms != 0)
			continue;
		open = true;
		ask_again(r, f, why);
	}
	if (open && why->cause != CAUSE_NONE && r->fold.tell.resolve != NULL)
		r->fold.tell.resolve(r->fold.tell.arg, why);
}

static void end_hanging(struct refresh *r)
{
	int64_t now = clock_us();
	struct flight *f = NULL;
	struct reason why;

	while ((f = inflight_next(r->in, f)) != NULL) {
		if (f->lookup.over || f->ending ||
		    now < f->lookup.asked_us + REFRESH_HANG_MS * INT64_C(1000))
			continue;
		link_cut(r->link);
		reason_fail(&why, CAUSE_RESOLVE_HUNG,
		    "resolve did not answer for %d s", REFRESH_HANG_MS / 1000);
		f->deaths = REFRESH_DEATHS_MAX;
		link_is_down(r, &why);
		return;
	}
}

void refresh_rest(struct refresh *r)
{
	if (refresh_in_flight(r) > 0)
		return;
	link_rest(r->link);
	sharing_rest(r->fold.sharing);
}

void refresh_poll(const struct refresh *r, struct pollfd p[REFRESH_POLLS])
{
	p[0] = link_poll(r->link);
	p[1] = sharing_poll(r->fold.sharing);
}

int refresh_patience(const struct refresh *r)
{
	struct flight *f = NULL;

	while (r->fold.sharing != NULL && (f = inflight_next(r->in, f)) != NULL)
		if (f->defer_ms != 0)
			return SHARE_BOUND_MS;
	return REFRESH_POLL_MS;
}

size_t refresh_handle(struct refresh *r)
{
	static struct finding f;
	enum link_event event;
	struct reason why;
	int burst = 0;

	do {
		event = link_next(r->link, &f, &why);
		switch (event) {
		case LINK_QUIET:
			end_hanging(r);
			break;
		case LINK_FINDING:
			take_in(r, &f);
			break;
		case LINK_DOWN:
			link_is_down(r, &why);
			break;
		}
	} while (event != LINK_QUIET && ++burst < REFRESH_BURST);
	sharing_handle(r->fold.sharing);
	ask_deferred(r);
	return settle(r);
}

void refresh_wait(struct refresh *r)
{
	while (refresh_in_flight(r) > 0) {
		struct pollfd p[REFRESH_POLLS];

		refresh_poll(r, p);
		poll(p, REFRESH_POLLS, refresh_patience(r));
		refresh_handle(r);
	}
	keeper_put_rest(&r->keeper, r->in);
}

/* ---- lookups ---- */

/* What the cache holds, as the ground that findings are folded into. */
static void load(struct refresh *r, struct flight *f, const char *key)
{
	static uint8_t buf[RECORD_MAX];
	struct record *rec = &f->lookup.record;
	struct record kept = *rec;
	int64_t now = clock_now();

	enum store_result result =
	    store_get(r->store, key, rec, buf, clock_ms() + STORE_WAIT_MS);

	f->lookup.blind = result == STORE_BUSY;
	/* Without a cache, what the last lookup here found goes on. */
	if (result != STORE_FOUND && result != STORE_MISS && f->seq != 0)
		*rec = kept;
	inflight_own_text(f);
	if (r->options.asked && rec->used < now) {
		rec->used = now;
		rec->uses++;
	}
}

/* After a failed fetch the next one comes when its back-off is over (RFC 8461
 * 3.3), however far ahead others look for the rest of the record. */
static int64_t sts_until(const struct sts_branch *s, int64_t until)
{
	return s->failed && until != REFRESH_ALL ? clock_now() : until;
}

/* The place of one that nobody waits for: what is in is kept. */
static struct flight *make_place(struct refresh *r)
{
	struct flight *f = inflight_unwanted(r->in);
	struct question cancel = {.kind = QUESTION_CANCEL};
	struct reason why;

	if (f == NULL)
		return NULL;
	cancel.seq = f->seq;
	if (!link_ask(r->link, &cancel, &why))
		return NULL;
	refresh_store(r, f->lookup.key, clock_ms() + STORE_WAIT_MS);
	finish(r, f);
	if (f->seq != 0)
		inflight_clear(f);
	return f;
}

/* Take the domain for us alone.  A service that all ask does that by itself:
 * whoever asks for what is under way shares it. */
static bool take_lock(struct refresh *r, const char *key)
{
	return link_reach_service(r->link) ||
	       lookup_lock_take(store_page(r->store), key) == LOOKUP_LOCK_MINE;
}

enum refresh_start refresh_start(
    struct refresh *r, const struct domain *d, const char *key, int64_t until)
{
	struct flight *f = inflight_find(r->in, key);
	struct lookup *l;

	if (f != NULL && !f->lookup.over) {
		f->lookup.later = false;
		return REFRESH_STARTED;
	}
	if (!take_lock(r, key))
		return REFRESH_ELSEWHERE;
	if (f == NULL && (f = inflight_take(r->in)) == NULL &&
	    (f = make_place(r)) == NULL) {
		lookup_lock_leave(store_page(r->store), key);
		return REFRESH_FULL;
	}
	if (f->changed) /* it could not be stored when it was over */
		keeper_put(&r->keeper, f, clock_ms() + STORE_WAIT_MS);
	f->changed = false;
	store_refresh(r->store);
	load(r, f, key);
	l = &f->lookup;
	f->seq = inflight_seq(r->in);
	f->deaths = 0;
	strcpy(l->key, key);
	l->over = l->stored = l->later = l->fetching = l->queued = false;
	l->dane_pending = !fresh_dane(&l->record.dane, until);
	l->sts_pending =
	    !fresh_sts(&l->record.sts, sts_until(&l->record.sts, until));
	l->asked_us = clock_us();
	if (l->dane_pending || l->sts_pending)
		put_question(r, f, d, until);
	else
		l->stored = f->ending = true; /* somebody else was quicker */
	if (f->ending)
		settle(r);
	return REFRESH_STARTED;
}

void refresh_later(struct refresh *r, const char *key)
{
	struct flight *f = inflight_find(r->in, key);
	struct question later = {.kind = QUESTION_LATER};
	struct reason why;

	if (f == NULL || f->lookup.over || f->lookup.later)
		return;
	f->lookup.later = true;
	later.seq = f->seq;
	/* Where it cannot be said, it stays as it is. */
	(void)!link_ask(r->link, &later, &why);
}
