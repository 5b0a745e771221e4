/* refresh: lookups in flight, from the question to the stored record.
 * SPDX-License-Identifier: MIT */
#include "serve/refresh.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "cache/fresh.h"
#include "base/clock.h"
#include "serve/log.h"
#include "serve/stats.h"
#include "serve/worker.h"

/* A lookup ends by itself: DNS and HTTPS have their time limits.  Beyond their
 * sum the process hangs. */
#define REFRESH_HANG_MS 150000
/* Findings taken in at once: a process that never stops talking must not keep
 * the one who waits from looking at his deadline. */
#define REFRESH_BURST 256

struct flying {
	struct lookup lookup; /* first: handed out as such */
	uint32_t seq;	      /* 0: this place is free */
	struct question question;
	bool asked_again;
	bool changed; /* the record waits to be stored */
	bool ending;  /* and then the lookup is over */
	char *text;   /* the policy's text, ours */
};

struct refresh {
	const struct config *config;
	struct store *store;
	struct lookup_lock *flight;
	struct worker *worker;
	refresh_note *note;
	void *note_arg;
	uint32_t next_seq;
	size_t max, failed;
	bool asked, reports;
	struct flying flying[];
};

struct refresh *refresh_open(const struct config *c, struct store *store,
    char *const *args, size_t max, bool asked)
{
	struct refresh *r = calloc(1, sizeof *r + max * sizeof r->flying[0]);

	if (r == NULL)
		exit(EX_TEMPFAIL);
	r->config = c;
	r->store = store;
	r->max = max;
	r->asked = asked;
	r->flight = lookup_lock_open(c->cache);
	r->worker = worker_open(args);
	return r;
}

static void clear(struct flying *f)
{
	free(f->text);
	memset(f, 0, sizeof *f);
}

void refresh_close(struct refresh *r)
{
	if (r == NULL)
		return;
	worker_close(r->worker);
	lookup_lock_close(r->flight);
	for (size_t i = 0; i < r->max; i++)
		clear(&r->flying[i]);
	free(r);
}

void refresh_set_notes(struct refresh *r, refresh_note *note, void *arg)
{
	r->note = note;
	r->note_arg = arg;
}

void refresh_set_reports(struct refresh *r)
{
	r->reports = r->config->tlsrpt_socket[0] != '\0';
}

static struct flying *find(const struct refresh *r, const char *key)
{
	for (size_t i = 0; i < r->max; i++)
		if (r->flying[i].seq != 0 &&
		    strcmp(r->flying[i].lookup.key, key) == 0)
			return (struct flying *)&r->flying[i];
	return NULL;
}

const struct lookup *refresh_find(const struct refresh *r, const char *key)
{
	struct flying *f = find(r, key);

	return f != NULL ? &f->lookup : NULL;
}

size_t refresh_in_flight(const struct refresh *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->max; i++)
		n += r->flying[i].seq != 0 && !r->flying[i].lookup.over;
	return n;
}

size_t refresh_failed(const struct refresh *r)
{
	return r->failed;
}

static uint32_t take_seq(struct refresh *r)
{
	if (++r->next_seq == 0)
		r->next_seq = 1;
	return r->next_seq;
}

/* A free place; else the place of one that is over. */
static struct flying *take_place(struct refresh *r)
{
	struct flying *over = NULL;

	for (size_t i = 0; i < r->max; i++) {
		if (r->flying[i].seq == 0)
			return &r->flying[i];
		if (r->flying[i].lookup.over)
			over = &r->flying[i];
	}
	if (over != NULL)
		clear(over);
	return over;
}

/* The policy's text moves from a borrowed buffer into our own. */
static void own_text(struct flying *f)
{
	struct sts_policy *p = &f->lookup.record.sts.policy;
	char *text;

	if (f->lookup.record.sts.fetched == 0 || p->text == f->text)
		return;
	text = malloc(p->text_len + 1);
	if (text == NULL)
		exit(EX_TEMPFAIL);
	memcpy(text, p->text, p->text_len);
	free(f->text);
	f->text = text;
	p->text = text;
}

/* Put a record into the cache, keeping notes of use that others made
 * meanwhile. */
static bool put(struct refresh *r, struct lookup *l)
{
	static uint8_t buf[RECORD_MAX];
	struct record now;

	if (store_get(r->store, l->key, &now, buf) == STORE_FOUND &&
	    now.used > l->record.used) {
		l->record.used = now.used;
		l->record.uses = now.uses;
	}
	return store_put(r->store, l->key, &l->record) != STORE_BROKEN;
}

/* Store all that changed, in one transaction however much came at once; only
 * then let go of what is over, so that followers find it in the cache. */
static size_t settle(struct refresh *r)
{
	bool begun = false, ok = true;
	size_t over = 0;

	for (size_t i = 0; i < r->max; i++) {
		if (!r->flying[i].changed)
			continue;
		if (!begun)
			ok = store_begin(r->store) == STORE_FOUND;
		begun = true;
		ok = ok && put(r, &r->flying[i].lookup);
	}
	if (begun && ok)
		ok = store_commit(r->store) == STORE_FOUND;
	else if (begun)
		store_cancel(r->store);
	if (!ok && r->config->cache[0] != '\0') {
		counters_add(COUNTERS_CACHE_ERRORS, 1);
		log_trouble(store_trouble(r->store));
	}
	for (size_t i = 0; i < r->max; i++) {
		struct flying *f = &r->flying[i];

		if (f->changed)
			f->lookup.stored = ok;
		f->changed = false;
		if (!f->ending)
			continue;
		f->ending = false;
		f->lookup.over = true;
		f->lookup.dane_pending = f->lookup.sts_pending = false;
		lookup_lock_leave(r->flight, f->lookup.key);
		r->failed += f->lookup.record.dane.failures > 0 ||
			     f->lookup.record.sts.failed;
		over++;
		if (f->lookup.stored)
			clear(f);
	}
	return over;
}

/* Nothing was found out: that is a finding too, and it is remembered. */
static void fail(
    const struct refresh *r, struct flying *f, const struct reason *why)
{
	struct dane_finding dane = {.mx = MX_FAILED, .why = *why};
	struct sts_finding sts = {.found = STS_FOUND_TXT_FAILED, .why = *why};
	int64_t now = clock_now();

	if (f->lookup.dane_pending) {
		fresh_merge_dane(
		    &f->lookup.record.dane, &dane, now, r->config->min_ttl);
		stats_dane(&f->lookup, &dane);
	}
	if (f->lookup.sts_pending) {
		fresh_merge_sts(&f->lookup.record.sts, &sts, now);
		stats_sts(&f->lookup, &sts);
	}
	f->changed = f->ending = true;
}

/* What the cache holds, as the ground that findings are folded into. */
static void load(struct refresh *r, struct flying *f, const char *key)
{
	static uint8_t buf[RECORD_MAX];
	struct record *rec = &f->lookup.record;
	struct record kept = *rec;
	int64_t now = clock_now();

	/* Without a cache, what the last lookup here found goes on. */
	if (store_get(r->store, key, rec, buf) == STORE_BROKEN && f->seq != 0)
		*rec = kept;
	own_text(f);
	if (r->asked && rec->used < now) {
		rec->used = now;
		rec->uses++;
	}
}

static void put_question(
    struct refresh *r, struct flying *f, const struct domain *d, int64_t until)
{
	const struct sts_branch *sts = &f->lookup.record.sts;
	struct reason why;

	f->question = (struct question){.seq = f->seq,
	    .kind = d->kind == DOMAIN_HOST ? QUESTION_HOST : QUESTION_MX,
	    .port = d->port,
	    .dane = f->lookup.dane_pending,
	    .sts = f->lookup.sts_pending,
	    .fetch = fresh_fetch_due(sts, until),
	    .notes = r->note != NULL,
	    .report = r->reports};
	if (fresh_policy_alive(sts, clock_now()))
		strcpy(f->question.id, sts->id);
	strcpy(f->question.name, d->name);
	if (!worker_ask(r->worker, &f->question, &why))
		fail(r, f, &why);
}

/* After a failed fetch the next one comes when its back-off is over (RFC 8461
 * 3.3), however far ahead others look for the rest of the record. */
static int64_t sts_until(const struct sts_branch *s, int64_t until)
{
	return s->failed && until != REFRESH_ALL ? clock_now() : until;
}

enum refresh_start refresh_start(
    struct refresh *r, const struct domain *d, const char *key, int64_t until)
{
	struct flying *f = find(r, key);
	struct lookup *l;

	if (f != NULL && !f->lookup.over)
		return REFRESH_STARTED;
	if (f == NULL && (f = take_place(r)) == NULL)
		return REFRESH_FULL;
	if (lookup_lock_take(r->flight, key) == LOOKUP_LOCK_BUSY)
		return REFRESH_ELSEWHERE;
	store_refresh(r->store);
	load(r, f, key);
	l = &f->lookup;
	f->seq = take_seq(r);
	strcpy(l->key, key);
	l->over = l->stored = f->asked_again = false;
	l->dane_pending = !fresh_dane(&l->record.dane, until);
	l->sts_pending =
	    !fresh_sts(&l->record.sts, sts_until(&l->record.sts, until));
	l->asked_us = clock_us();
	l->asked_ms = l->asked_us / 1000;
	if (l->dane_pending || l->sts_pending)
		put_question(r, f, d, until);
	else
		l->stored = f->ending = true; /* somebody else was quicker */
	if (f->ending)
		settle(r);
	return REFRESH_STARTED;
}

static struct flying *find_seq(struct refresh *r, uint32_t seq)
{
	for (size_t i = 0; i < r->max; i++)
		if (r->flying[i].seq == seq && !r->flying[i].lookup.over)
			return &r->flying[i];
	return NULL;
}

/* The end of a lookup, which has to be complete. */
static void take_end(const struct refresh *r, struct flying *f)
{
	struct reason why;

	f->ending = true;
	if (!f->lookup.dane_pending && !f->lookup.sts_pending)
		return;
	reason_fail(
	    &why, CAUSE_RESOLVE_NONSENSE, "resolve left the lookup unfinished");
	fail(r, f, &why);
}

/* Fold one finding in. */
static void take_in(struct refresh *r, const struct finding *in)
{
	struct flying *f = find_seq(r, in->seq);
	int64_t now = clock_now();

	if (f == NULL)
		return;
	switch (in->kind) {
	case FINDING_DANE:
		fresh_merge_dane(
		    &f->lookup.record.dane, &in->dane, now, r->config->min_ttl);
		stats_dane(&f->lookup, &in->dane);
		f->lookup.dane_pending = false;
		f->changed = true;
		return;
	case FINDING_STS:
		fresh_merge_sts(&f->lookup.record.sts, &in->sts, now);
		stats_sts(&f->lookup, &in->sts);
		own_text(f);
		/* A confirmed id is followed by the fetch that is due. */
		if (in->sts.found != STS_FOUND_SAME || !f->question.fetch)
			f->lookup.sts_pending = false;
		f->changed = true;
		return;
	case FINDING_NOTE:
		if (r->note != NULL)
			r->note(f->lookup.key, &in->note, r->note_arg);
		return;
	case FINDING_NAME:
		return;
	case FINDING_END:
		take_end(r, f);
		return;
	}
}

/* The process is gone.  One that left as it may (idle, or the name servers
 * changed) is asked once more; a crash costs every open question a TEMP. */
static void worker_is_gone(
    struct refresh *r, bool failed, const struct reason *why)
{
	for (size_t i = 0; i < r->max; i++) {
		struct flying *f = &r->flying[i];
		struct reason again = *why;

		if (f->seq == 0 || f->lookup.over || f->ending)
			continue;
		f->question.dane = f->lookup.dane_pending;
		f->question.sts = f->lookup.sts_pending;
		if (!failed && !f->asked_again &&
		    worker_ask(r->worker, &f->question, &again)) {
			f->asked_again = true;
			continue;
		}
		fail(r, f, &again);
	}
}

static void end_hanging(struct refresh *r)
{
	int64_t now = clock_ms();
	struct reason why;

	for (size_t i = 0; i < r->max; i++) {
		struct flying *f = &r->flying[i];

		if (f->seq == 0 || f->lookup.over ||
		    now < f->lookup.asked_ms + REFRESH_HANG_MS)
			continue;
		worker_kill(r->worker);
		reason_fail(&why, CAUSE_RESOLVE_HUNG,
		    "resolve did not answer for %d s", REFRESH_HANG_MS / 1000);
		stats_resolve(COUNTERS_RESOLVE_HUNG, &why);
		worker_is_gone(r, true, &why);
		return;
	}
}

void refresh_poll(const struct refresh *r, struct pollfd p[static REFRESH_FDS])
{
	worker_poll(r->worker, p);
}

size_t refresh_handle(struct refresh *r)
{
	static struct finding f;
	enum worker_event event;
	struct reason why;
	int burst = 0;

	do {
		reason_fail(
		    &why, CAUSE_RESOLVE_DIED, "resolve left without an answer");
		event = worker_next(r->worker, &f, &why);
		switch (event) {
		case WORKER_QUIET:
			end_hanging(r);
			break;
		case WORKER_FINDING:
			take_in(r, &f);
			break;
		case WORKER_FAILED:
			stats_resolve(COUNTERS_RESOLVE_FAILED, &why);
			worker_is_gone(r, true, &why);
			break;
		case WORKER_LEFT:
			worker_is_gone(r, false, &why);
			break;
		}
	} while (event != WORKER_QUIET && ++burst < REFRESH_BURST);
	return settle(r);
}
