/* answer: from a request's key to the reply's text.
 * SPDX-License-Identifier: MIT */
#include "serve/answer.h"

#include <poll.h>
#include <string.h>
#include "base/clock.h"
#include "cache/lookup_lock.h"
#include "serve/convert.h"
#include "serve/decide.h"
#include "serve/log.h"

#define ANSWER_TOUCH 3600 /* use is noted once an hour and record */
#define ANSWER_NOTE_MS 10 /* the next question waits meanwhile */

/* One question on its way through answer_key(). */
struct asking {
	struct answer_env *env;
	const struct config_map *map;
	struct answer *a;
	int64_t began; /* clock_now() at the start */
	int64_t began_us;
	int64_t deadline_ms;
	bool asked; /* a lookup was started or waited for */
	bool late;  /* the deadline is over: decide with what there is */
};

/* A cache that is busy leaves time for the lookup. */
static int64_t wait_end(const struct asking *q)
{
	int64_t end = q->began_us / 1000 + STORE_WAIT_MS;

	return q->deadline_ms < end ? q->deadline_ms : end;
}

/* What does the record in hand say?  From the lookup that this process runs,
 * or from the cache.  Pending: look it up. */
static enum verdict look(struct asking *q)
{
	static uint8_t buf[RECORD_MAX];
	const struct lookup *l = refresh_find(q->env->refresh, q->a->key);
	struct decision d = {.config = q->env->config,
	    .map = q->map,
	    .domain = &q->a->domain,
	    .record = &q->a->record,
	    .now = clock_now(),
	    .since = q->env->since,
	    .asked = q->asked ? q->began : 0,
	    .late = q->late,
	    .lookup = l};

	q->a->dane_pending = l != NULL && l->dane_pending;
	q->a->sts_pending = l != NULL && l->sts_pending;
	if (l != NULL) {
		q->a->record = l->record;
		d.blind = l->blind;
	} else {
		/* All but FOUND give an empty record. */
		d.blind = store_get(q->env->store, q->a->key, &q->a->record,
			      buf, wait_end(q)) == STORE_BUSY;
	}
	return decide_record(&d, &q->a->why);
}

/* Wait for something to happen to the lookups, or ms. */
static void wait_for(struct asking *q, int ms)
{
	struct pollfd p[REFRESH_POLLS];
	int left = clock_left(q->deadline_ms);

	refresh_poll(q->env->refresh, p);
	poll(p, REFRESH_POLLS, ms < left ? ms : left);
	refresh_handle(q->env->refresh);
}

/* Was a half looked up before the time that the asker wants? */
static bool is_older(const struct asking *q)
{
	const struct record *r = &q->a->record;

	return r->dane.checked < q->env->since ||
	       r->sts.checked < q->env->since;
}

static enum verdict look_up(struct asking *q)
{
	enum verdict v = VERDICT_PENDING;

	while (v == VERDICT_PENDING) {
		int ms = LOOKUP_LOCK_POLL_MS;

		if (clock_left(q->deadline_ms) == 0)
			q->late = true;
		else if (refresh_start(q->env->refresh, &q->a->domain,
			     q->a->key,
			     is_older(q) || (q->env->live && !q->asked)
				 ? REFRESH_ALL
				 : clock_now()) == REFRESH_STARTED)
			ms = 1000;
		q->asked = true;
		v = look(q);
		if (v != VERDICT_PENDING || q->late)
			break;
		wait_for(q, ms);
		v = look(q);
	}
	return v;
}

static enum verdict verdict_of(struct asking *q)
{
	struct answer *a = q->a;
	enum verdict v;

	a->cached = true;
	if (!convert_domain(&a->domain, q->env->config, q->env->args,
		q->deadline_ms, &a->why)) {
		a->cached = false;
		return VERDICT_TEMP;
	}
	if (a->domain.kind == DOMAIN_REFUSED)
		return VERDICT_NOTFOUND;
	domain_format_key(&a->domain, a->key);
	v = q->env->live ? VERDICT_PENDING : look(q);
	if (v == VERDICT_PENDING && refresh_is_lost(q->env->refresh)) {
		a->lost = true;
		v = VERDICT_TEMP;
	}
	if (v == VERDICT_PENDING) {
		a->cached = false;
		v = look_up(q);
		a->lost = v == VERDICT_TEMP && refresh_is_lost(q->env->refresh);
		refresh_store(q->env->refresh, a->key, q->deadline_ms);
	}
	return v;
}

size_t answer_key(struct answer_env *env, const struct config_map *map,
    const char *key, size_t key_len, struct answer *a,
    char buf[static REPLY_MAX])
{
	struct asking q = {.env = env,
	    .map = map,
	    .a = a,
	    .began = clock_now(),
	    .began_us = clock_us()};
	struct reply reply = {.tlsrpt = map->tlsrpt,
	    .servername = map->servername,
	    .policy = &a->record.sts.policy,
	    .policy_domain = a->domain.name,
	    .why = &a->why};
	size_t len;

	q.deadline_ms =
	    q.began_us / 1000 + (int64_t)env->config->answer_timeout * 1000;
	record_init(&a->record);
	reason_clear(&a->why);
	a->key[0] = '\0';
	a->dane_pending = a->sts_pending = a->lost = false;
	domain_parse(&a->domain, key, key_len);
	a->verdict = verdict_of(&q);
	a->usec = a->cached ? 0 : clock_us() - q.began_us;
	reply.verdict = a->verdict;
	len = reply_format(&reply, buf);
	return len;
}

void answer_note_use(struct answer_env *env, const struct answer *a)
{
	int64_t now = clock_now();

	if (a->key[0] == '\0' ||
	    (now >= a->record.used && now - a->record.used < ANSWER_TOUCH))
		return;
	/* The next question notes it if another process is writing now. */
	if (store_is_writable(env->store) &&
	    store_touch(env->store, a->key, now, clock_ms() + ANSWER_NOTE_MS) ==
		STORE_BROKEN)
		log_trouble(store_trouble(env->store));
}
