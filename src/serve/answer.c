/* answer: from a request's key to the reply's text.
 * SPDX-License-Identifier: MIT */
#include "serve/answer.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include "cache/fresh.h"
#include "serve/clock.h"
#include "serve/convert.h"
#include "serve/log.h"
#include "wire/request.h"

#define ANSWER_TOUCH 3600 /* use is noted once an hour and record */

/* One question on its way through answer_key(). */
struct asking {
	struct answer_env *env;
	const struct config_map *map;
	struct answer *a;
	int64_t began;	     /* clock_now() at the start */
	int64_t deadline_ms;
	bool asked; /* a lookup was started or waited for */
	bool late;  /* the deadline is over: decide with what there is */
};

/* A half may be used when it is fresh, or was looked up since we were asked:
 * an answer with a TTL of 0 still answers the question that led to it. */
static const struct dane_finding *usable_dane(const struct asking *q,
    bool pending, int64_t now, struct dane_finding *failed)
{
	const struct dane_branch *d = &q->a->record.dane;

	if (!pending && ((fresh_dane(d, now) && !q->env->live) ||
			    (d->checked >= q->began && q->asked)))
		return fresh_dane_finding(d, failed);
	if (!q->late)
		return NULL;
	memset(failed, 0, sizeof *failed);
	failed->mx = VERDICT_MX_FAILED;
	reason_set(&failed->why,
	    "no answer in %u s, the lookup goes on: try again",
	    q->env->config->answer_timeout);
	return failed;
}

/* RFC 8461 3.4 on smart hosts: the policy is the host's own, and it counts
 * only if it names that host. */
static bool policy_applies(const struct asking *q)
{
	return q->a->domain.kind != DOMAIN_HOST ||
	    sts_match_host(&q->a->record.sts.policy, q->a->domain.name);
}

static enum verdict_sts usable_sts(
    const struct asking *q, bool pending, int64_t now)
{
	const struct sts_branch *s = &q->a->record.sts;
	bool usable = (fresh_sts(s, now) && !q->env->live) ||
	    (s->checked >= q->began && q->asked);
	enum verdict_sts standing;

	/* Pending, but the id was confirmed since: the fetch that is still on
	 * its way is the daily one, it is not waited for. */
	if (pending && usable && s->failed)
		usable = false;
	if (!usable && !q->late)
		return VERDICT_STS_PENDING;
	standing = fresh_standing(s, now, q->map->testing_enforce,
	    q->env->config->sts_failure_defer);
	if (standing == VERDICT_STS_ENFORCED && !policy_applies(q))
		return VERDICT_STS_ABSENT;
	/* Too late, and nothing is known from before: not the same as absent.
	 * But a policy host that failed before does not stop mail again. */
	if (!usable && standing == VERDICT_STS_ABSENT && s->checked == 0)
		return VERDICT_STS_FAILED;
	return standing;
}

static void explain_temp(struct asking *q, const struct dane_finding *dane,
    enum verdict_sts sts)
{
	if (dane != NULL && dane->why.text[0] != '\0' &&
	    (dane->mx == VERDICT_MX_FAILED || dane->error > 0))
		q->a->why = dane->why;
	else if (sts == VERDICT_STS_FAILED && q->a->record.sts.failed)
		q->a->why = q->a->record.sts.why;
	else
		reason_set(&q->a->why,
		    "no answer in %u s, the lookup goes on: try again",
		    q->env->config->answer_timeout);
}

/* What does the record in hand say?  Pending: look it up. */
static enum verdict decide(
    struct asking *q, bool dane_pending, bool sts_pending)
{
	struct dane_finding failed;
	int64_t now = clock_now();
	const struct dane_finding *dane =
	    usable_dane(q, dane_pending, now, &failed);
	enum verdict_sts sts = usable_sts(q, sts_pending, now);
	enum verdict v = verdict_decide(
	    dane, fresh_stale(&q->a->record.dane, now), sts);

	if (v == VERDICT_TEMP)
		explain_temp(q, dane, sts);
	return v;
}

/* From the lookup that this process runs, or from the cache. */
static enum verdict look(struct asking *q)
{
	static uint8_t buf[RECORD_MAX];
	const struct lookup *l = refresh_find(q->env->refresh, q->a->key);
	bool dane_pending = false, sts_pending = false;

	if (l != NULL) {
		q->a->record = l->record;
		dane_pending = l->dane_pending;
		sts_pending = l->sts_pending;
	} else {
		/* BROKEN and MISS give an empty record. */
		enum store_result result = store_get(
		    q->env->store, q->a->key, &q->a->record, buf);

		(void)result;
	}
	return decide(q, dane_pending, sts_pending);
}

/* Wait for something to happen to the lookups, or ms. */
static void wait_for(struct asking *q, int ms)
{
	struct pollfd p[REFRESH_FDS];
	int left = clock_left(q->deadline_ms);

	refresh_poll(q->env->refresh, p);
	poll(p, REFRESH_FDS, ms < left ? ms : left);
	refresh_handle(q->env->refresh);
}

static enum verdict look_up(struct asking *q)
{
	enum verdict v = VERDICT_PENDING;

	while (v == VERDICT_PENDING) {
		int ms = FLIGHT_POLL_MS;

		if (clock_left(q->deadline_ms) == 0)
			q->late = true;
		else if (refresh_start(q->env->refresh, &q->a->domain,
			     q->a->key,
			     q->env->live && !q->asked ? REFRESH_ALL :
							 clock_now()) ==
		    REFRESH_STARTED)
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

/* Ports by name and names with U-labels are rare and take more than parsing.
 * false: q->a->why says why it could not be found out. */
static bool complete_domain(struct asking *q)
{
	struct domain *d = &q->a->domain;

	if (d->service[0] != '\0') {
		const struct servent *s = getservbyname(d->service, "tcp");

		if (s == NULL) {
			d->kind = DOMAIN_REFUSED;
			return true;
		}
		d->port = ntohs((uint16_t)s->s_port);
		d->service[0] = '\0';
	}
	if (!d->utf8)
		return true;
	return convert_name(d, q->env->args, q->deadline_ms, &q->a->why);
}

static void note_use(struct asking *q)
{
	struct answer_env *env = q->env;
	int64_t now = clock_now();

	if (now >= q->a->record.used &&
	    now - q->a->record.used < ANSWER_TOUCH)
		return;
	if (store_is_writable(env->store) &&
	    store_touch(env->store, q->a->key, now) == STORE_BROKEN)
		log_trouble(store_trouble(env->store));
}

static enum verdict verdict_of(struct asking *q)
{
	struct answer *a = q->a;
	enum verdict v;

	a->cached = true;
	if (!complete_domain(q))
		return VERDICT_TEMP;
	if (a->domain.kind == DOMAIN_REFUSED)
		return VERDICT_NOTFOUND;
	domain_format_key(&a->domain, a->key);
	v = q->env->live ? VERDICT_PENDING : look(q);
	if (v == VERDICT_PENDING) {
		a->cached = false;
		v = look_up(q);
		log_line(CONFIG_LOG_INFO,
		    "lookup domain=%s map=%s verdict=%s dane=\"%s\" sts=%s "
		    "reason=\"%s\"",
		    a->key, q->map->name, verdict_name(v),
		    a->record.dane.failed ? "MX not found out" :
		    a->record.dane.asof != 0 ?
					    verdict_row(&a->record.dane.last) :
					    "unknown",
		    fresh_policy_alive(&a->record.sts, clock_now()) ?
			sts_mode_name(a->record.sts.policy.mode) :
			a->record.sts.failed ? "failed" : "absent",
		    a->why.text);
	}
	return v;
}

size_t answer_key(struct answer_env *env, const struct config_map *map,
    const char *key, size_t key_len, struct answer *a,
    char buf[static REPLY_MAX])
{
	struct asking q = { .env = env, .map = map, .a = a,
		.began = clock_now(),
		.deadline_ms = clock_ms() +
		    (int64_t)env->config->answer_timeout * 1000 };
	struct reply reply = { .tlsrpt = map->tlsrpt,
		.servername = map->servername,
		.policy = &a->record.sts.policy,
		.policy_domain = a->domain.name,
		.why = &a->why };
	size_t len;

	record_init(&a->record);
	reason_clear(&a->why);
	a->key[0] = '\0';
	domain_parse(&a->domain, key, key_len);
	a->verdict = verdict_of(&q);
	reply.verdict = a->verdict;
	len = reply_format(&reply, buf);
	if (a->key[0] != '\0')
		note_use(&q);
	return len;
}

size_t answer_request(struct answer_env *env, const char *payload, size_t len,
    char buf[static REPLY_MAX])
{
	static struct answer a;
	const struct config_map *map;
	struct request r;

	if (!request_parse(&r, payload, len))
		return reply_format_perm("no request: MAP KEY is expected", buf);
	map = config_map(env->config, r.map, r.map_len);
	if (map == NULL)
		return reply_format_perm(
		    "unknown map, see [map NAME] in mxpolicy.conf(5)", buf);
	return answer_key(env, map, r.key, r.key_len, &a, buf);
}
