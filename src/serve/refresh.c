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
	const struct config *config;
	struct refresh_options options;
	struct refresh_observer tell;
	struct store *store;
	struct link *link;
	struct inflight *in;
	struct keeper keeper;
	size_t failed;
};

struct refresh *refresh_open(const struct config *c, struct store *store,
    const struct refresh_options *options)
{
	struct refresh *r = xcalloc(1, sizeof *r);

	r->config = c;
	r->options = *options;
	if (options->observer != NULL)
		r->tell = *options->observer;
	r->store = store;
	r->link = link_open(c->resolve_socket, options->args);
	r->keeper = (struct keeper){.store = store,
	    .not_stored = c->cache[0] != '\0' ? r->tell.not_stored : NULL,
	    .arg = r->tell.arg};
	r->in = inflight_open(options->max);
	return r;
}

void refresh_close(struct refresh *r)
{
	if (r == NULL)
		return;
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
	return r->failed;
}

/* ---- into the cache ---- */

static void finish(struct refresh *r, struct flight *f)
{
	struct lookup *l = &f->lookup;

	f->ending = false;
	l->over = true;
	l->dane_pending = l->sts_pending = l->fetching = false;
	lookup_lock_leave(store_page(r->store), l->key);
	r->failed += l->record.dane.failures > 0 || l->record.sts.failed;
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

/* ---- findings ---- */

static void take_dane(
    struct refresh *r, struct flight *f, const struct dane_finding *dane)
{
	struct lookup *l = &f->lookup;

	fresh_merge_dane(
	    &l->record.dane, dane, clock_now(), r->config->min_ttl);
	l->dane_pending = false;
	f->changed = true;
	if (r->tell.dane != NULL)
		r->tell.dane(r->tell.arg, l, dane);
}

static void take_sts(
    struct refresh *r, struct flight *f, const struct sts_finding *sts)
{
	struct lookup *l = &f->lookup;

	if (sts->found == STS_FOUND_FETCHING) {
		l->fetching = true;
		return;
	}
	/* Nobody has asked, so what was put off leaves no trace. */
	if (r->options.background && sts->why.cause == CAUSE_RESOLVE_BUSY) {
		r->failed += !l->record.sts.failed;
		l->sts_pending = false;
		return;
	}
	fresh_merge_sts(&l->record.sts, sts, clock_now());
	inflight_own_text(f);
	/* A confirmed id is followed by the fetch that is due. */
	if (sts->found != STS_FOUND_SAME || !f->question.fetch)
		l->sts_pending = false;
	f->changed = true;
	if (r->tell.sts != NULL)
		r->tell.sts(r->tell.arg, l, sts);
}

/* What is still open stays unknown: a failure of ours says nothing about the
 * domain (cache/fresh.h). */
static void fail(struct refresh *r, struct flight *f, const struct reason *why)
{
	const struct dane_finding dane = {.mx = MX_FAILED, .why = *why};
	const struct sts_finding sts = {
	    .found = STS_FOUND_TXT_FAILED, .why = *why};

	if (f->lookup.dane_pending)
		take_dane(r, f, &dane);
	if (f->lookup.sts_pending)
		take_sts(r, f, &sts);
	f->ending = true;
}

/* The end of a lookup, which has to be complete. */
static void take_end(struct refresh *r, struct flight *f)
{
	struct reason why;

	reason_fail(
	    &why, CAUSE_RESOLVE_NONSENSE, "resolve left the lookup unfinished");
	fail(r, f, &why);
}

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
			take_dane(r, f, &in->dane);
		return;
	case FINDING_STS:
		if (f->lookup.sts_pending)
			take_sts(r, f, &in->sts);
		return;
	case FINDING_NOTE:
		if (r->tell.note != NULL)
			r->tell.note(r->tell.arg, f->lookup.key, &in->note);
		return;
	case FINDING_QUEUED:
	case FINDING_NAME:
		return;
	case FINDING_END:
		take_end(r, f);
		return;
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
	if (++f->deaths < REFRESH_DEATHS_MAX &&
	    link_ask(r->link, &f->question, &again))
		return;
	if (again.cause == CAUSE_NONE)
		reason_fail(&again, CAUSE_RESOLVE_DIED,
		    "resolve left without an answer");
	fail(r, f, &again);
}

static void link_is_down(struct refresh *r, const struct reason *why)
{
	struct flight *f = NULL;
	bool open = false;

	while ((f = inflight_next(r->in, f)) != NULL) {
		if (f->lookup.over || f->ending)
			continue;
		open = true;
		ask_again(r, f, why);
	}
	if (open && why->cause != CAUSE_NONE && r->tell.resolve != NULL)
		r->tell.resolve(r->tell.arg, why);
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
	if (refresh_in_flight(r) == 0)
		link_rest(r->link);
}

struct pollfd refresh_poll(const struct refresh *r)
{
	return link_poll(r->link);
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
	return settle(r);
}

void refresh_wait(struct refresh *r)
{
	while (refresh_in_flight(r) > 0) {
		struct pollfd p = refresh_poll(r);

		poll(&p, 1, REFRESH_POLL_MS);
		refresh_handle(r);
	}
	keeper_put_rest(&r->keeper, r->in);
}

/* ---- questions ---- */

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

static void put_question(
    struct refresh *r, struct flight *f, const struct domain *d, int64_t until)
{
	const struct sts_branch *sts = &f->lookup.record.sts;
	struct reason why;

	f->question = (struct question){.seq = f->seq,
	    .kind = d->kind == DOMAIN_HOST ? QUESTION_HOST : QUESTION_MX,
	    .port = d->port,
	    .dane = f->lookup.dane_pending,
	    .sts = f->lookup.sts_pending,
	    .fetch = fresh_fetch_due(sts, until),
	    .notes = r->tell.note != NULL,
	    .report = r->options.reports && r->config->tlsrpt_socket[0] != '\0',
	    .background = r->options.background,
	    .new = until == REFRESH_ALL};
	if (fresh_policy_alive(sts, clock_now()))
		strcpy(f->question.id, sts->id);
	strcpy(f->question.name, d->name);
	if (!link_ask(r->link, &f->question, &why)) {
		if (r->tell.resolve != NULL)
			r->tell.resolve(r->tell.arg, &why);
		fail(r, f, &why);
	}
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
