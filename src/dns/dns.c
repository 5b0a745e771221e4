/* dns: validated DNS lookups on the event loop, and which servers answer them.
 * SPDX-License-Identifier: MIT */
#include "dns/dns.h"

#include <sys/queue.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns/dnsdoubt.h"
#include "dns/dnslife.h"
#include "dns/dnslocal.h"
#include "dns/dnsone.h"
#include "dns/dnspool.h"

#define TRIES_MAX 3
/* Until another server is asked as well; until the same one is again, for a
 * packet that was lost. */
#define OTHER_MS 400
#define AGAIN_MS 1500
#define NEVER_TTL 86400 /* a name that is too long never exists */
#define LIFE_MS 3000	/* of silence, until we ask if anybody is there */

TAILQ_HEAD(query_list, dns_query);

struct
try {
	struct dns_query *query;
	struct dnsone *one; /* NULL: over */
};

struct dns_query {
	TAILQ_ENTRY(dns_query) link;
	struct query_list *list;
	struct dns *dns;
	struct event *limit, *next, *life;
	struct try try[TRIES_MAX];
	struct dnsgen *tried[TRIES_MAX]; /* a user of each */
	size_t n, open;
	int64_t since_ms; /* the first try */
	/* What is handed over, from the loop; a failure may still be replaced
	 * by what another try brings. */
	struct dns_answer *answer;
	struct dnsdoubt *doubt;
	bool doubted, wants_life, is_blamed, over;
	enum dns_type type;
	void (*done)(void *arg, struct dns_answer *answer);
	void *arg;
	char name[];
};

struct dns {
	struct event_base *base;
	const struct dns_config *config;
	struct dnspool *pool;
	/* Waiting for the name servers to be tested; under way. */
	struct query_list waiting, flying;
	struct dnsdoubt_memory *memory;
	struct dnslife *life;
	int64_t heard_ms; /* the last sign of life of any server */
};

static void settle(struct dns_query *q);

static void enlist(struct dns_query *q, struct query_list *list)
{
	if (q->list != NULL)
		TAILQ_REMOVE(q->list, q, link);
	q->list = list;
	TAILQ_INSERT_TAIL(list, q, link);
}

static void cancel_tries(struct dns_query *q)
{
	for (size_t i = 0; i < q->n; i++) {
		dnsone_cancel(q->try[i].one);
		q->try[i].one = NULL;
	}
	q->open = 0;
	(void)evtimer_del(q->next);
	(void)evtimer_del(q->life);
	(void)evtimer_del(q->limit);
}

static void query_free(struct dns_query *q)
{
	TAILQ_REMOVE(q->list, q, link);
	cancel_tries(q);
	for (size_t i = 0; i < q->n; i++)
		dnsgen_drop(&q->tried[i]);
	dnsdoubt_cancel(q->doubt);
	event_free(q->limit);
	event_free(q->next);
	event_free(q->life);
	dnspacket_free(q->answer);
	free(q);
}

/* ---- the end of a query ---- */

/* Hand the answer over; only from the loop. */
static void finish(struct dns_query *q)
{
	struct dns_answer *answer = q->answer;
	void (*done)(void *, struct dns_answer *) = q->done;
	void *arg = q->arg;

	q->answer = NULL;
	dnspool_explain(q->dns->pool, answer, q->n > 0);
	query_free(q);
	done(arg, answer);
}

/* Hand it over from the loop: `limit` does it. */
static void answer_now(struct dns_query *q, struct dns_answer *a)
{
	q->answer = a;
	q->over = true;
	enlist(q, &q->dns->flying);
	event_active(q->limit, EV_TIMEOUT, 1);
}

/* ---- does anybody answer? ---- */

static void start_try(struct dns_query *q, struct dnsgen *g);

/* Whoever answers while those that were asked fail may know better. */
static bool ask_there(struct dns_query *q, struct dnsgen *g)
{
	static const struct timeval limit = {.tv_sec = DNSLIFE_MS / 1000};

	if (g == NULL || q->n == TRIES_MAX ||
	    !dnspool_is_other(g, q->tried, q->n))
		return false;
	start_try(q, g);
	xneed(evtimer_add(q->limit, &limit) == 0);
	return true;
}

static void life_answered(void *arg, int alive)
{
	struct dns *dns = arg;
	struct dns_query *q, *next;

	dns->life = NULL;
	if (alive >= 0)
		dns->heard_ms = clock_ms();
	else
		dnspool_outage(dns->pool);
	for (q = TAILQ_FIRST(&dns->flying); q != NULL; q = next) {
		next = TAILQ_NEXT(q, link);
		if (!q->wants_life)
			continue;
		q->wants_life = false;
		if (alive >= 0 &&
		    (q->answer == NULL ||
			ask_there(q, dnspool_at(dns->pool, (size_t)alive))))
			continue; /* it is still waited for */
		if (q->answer == NULL)
			q->answer = dnspacket_failed(
			    CAUSE_DNS_SILENT, "the name servers are silent");
		cancel_tries(q);
		q->over = alive < 0;
		q->is_blamed = true;
		event_active(q->limit, EV_TIMEOUT, 1);
	}
}

static void ask_life(struct dns_query *q)
{
	struct dns *dns = q->dns;

	q->wants_life = true;
	if (dns->life == NULL)
		dns->life =
		    dnslife_start(dns->base, dns->pool, life_answered, dns);
}

/* Was anybody heard of since the query began? */
static bool is_quiet(const struct dns_query *q)
{
	return q->dns->heard_ms < q->since_ms;
}

static void on_life(evutil_socket_t fd, short what, void *arg)
{
	struct dns_query *q = arg;

	(void)fd;
	(void)what;
	if (is_quiet(q))
		ask_life(q);
}

/* ---- tries ---- */

static void answered(void *arg, struct dns_answer *a);

static void on_next(evutil_socket_t fd, short what, void *arg);

static void start_try(struct dns_query *q, struct dnsgen *g)
{
	struct try *t = &q->try[q->n];

	t->query = q;
	q->tried[q->n] = g;
	g->users++;
	q->n++;
	q->open++;
	t->one = dnsone_ask(q->dns->base, g,
	    &(const struct dnsone_question){
		.name = q->name, .type = q->type, .done = answered, .arg = t});
}

/* One more try.  false: there is nobody left to ask. */
static bool try_next(struct dns_query *q, bool others_only)
{
	struct dnspool *pool = q->dns->pool;
	struct dnsgen *g =
	    q->n < TRIES_MAX ? dnspool_next(pool, q->tried, q->n) : NULL;
	struct timeval pause = {0};

	if (g == NULL || (others_only && !dnspool_is_other(g, q->tried, q->n)))
		return false;
	start_try(q, g);
	if (q->n == TRIES_MAX ||
	    (g = dnspool_next(pool, q->tried, q->n)) == NULL)
		return true;
	pause.tv_usec =
	    dnspool_is_other(g, q->tried, q->n) ? OTHER_MS : AGAIN_MS;
	pause.tv_sec = pause.tv_usec / 1000;
	pause.tv_usec = pause.tv_usec % 1000 * 1000;
	xneed(evtimer_add(q->next, &pause) == 0);
	return true;
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)try_next(arg, false);
}

/* Whoever was asked long before the one that answered, and was not heard of
 * since, is asked last from now on. */
static void blame_silent(struct dns_query *q, const struct dnsgen *good)
{
	int64_t now = clock_ms();

	for (size_t i = 0; i < q->n; i++) {
		const struct dnsone *o = q->try[i].one;

		if (o != NULL && dnsone_gen(o)->heard_ms < dnsone_since(o) &&
		    now - dnsone_since(o) >= OTHER_MS &&
		    dnspool_is_other(good, &q->tried[i], 1))
			dnspool_silent(q->dns->pool, dnsone_gen(o), good);
	}
}

static void answered(void *arg, struct dns_answer *a)
{
	struct try *t = arg;
	struct dns_query *q = t->query;
	struct dnsgen *g = q->tried[t - q->try];

	t->one = NULL;
	q->open--;
	if (g->heard_ms > q->dns->heard_ms)
		q->dns->heard_ms = g->heard_ms;
	if (a->outcome != DNS_FAILED) {
		blame_silent(q, g);
		dnspacket_free(q->answer);
		q->answer = a;
		finish(q);
		return;
	}
	if (q->answer == NULL)
		q->answer = a;
	else
		dnspacket_free(a);
	if (q->open == 0 && !try_next(q, true))
		settle(q);
}

/* ---- failures ---- */

static void doubt_answered(void *arg, struct dns_answer *a)
{
	struct dns_query *q = arg;

	q->doubt = NULL;
	if (a != NULL) {
		dnspacket_free(q->answer);
		q->answer = a;
	}
	settle(q);
}

/* A failure that does not depend on who is asked. */
static bool is_final(const struct dns_query *q)
{
	return q->n == 0 || cause_owner(q->answer->why.cause) == CAUSE_OF_US;
}

/* All tries have failed, or the time is over: from the loop. */
static void settle(struct dns_query *q)
{
	struct dns *dns = q->dns;

	cancel_tries(q);
	if (q->answer->outcome == DNS_FAILED && !is_final(q)) {
		if (q->answer->why.cause != CAUSE_DNS_BOGUS && !q->is_blamed) {
			ask_life(q);
			return;
		}
		if (!q->doubted) {
			q->doubted = true;
			q->doubt =
			    dnsdoubt_start(dns->base, dns->pool, dns->memory,
				&(const struct dnsdoubt_call){.name = q->name,
				    .type = q->type,
				    .cause = q->answer->why.cause,
				    .gen = q->tried[0],
				    .done = doubt_answered,
				    .arg = q});
			if (q->doubt != NULL)
				return;
		}
	}
	finish(q);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct dns_query *q = arg;

	(void)fd;
	(void)what;
	if (q->answer == NULL)
		q->answer = dnspacket_failed(
		    q->n == 0 ? CAUSE_DNS_SILENT : CAUSE_DNS_TIMEOUT,
		    "no answer within %d s", DNS_QUERY_SECONDS);
	if (q->over || q->n == 0)
		finish(q);
	else
		settle(q);
}

/* ---- the beginning ---- */

static void launch(struct dns_query *q)
{
	static const struct timeval life = {.tv_sec = LIFE_MS / 1000};
	const struct dns_state *state = dnspool_state(q->dns->pool);
	const char *local;

	if (strlen(q->name) > DOMAIN_MAX && strchr(q->name, '\\') == NULL) {
		answer_now(q, dnspacket_absent(NEVER_TTL, ""));
		return;
	}
	local = dnslocal_why(q->name, q->dns->config->local_zones);
	if (local == NULL && dnsdoubt_is_denied(q->dns->memory, q->name))
		local = DNSDOUBT_NO_TLD;
	if (local != NULL) {
		answer_now(q, dnspacket_absent(DNSDOUBT_ABSENT_TTL, local));
		return;
	}
	if (!state->validates) {
		answer_now(q,
		    dnspacket_failed(state->why.cause, "%s", state->why.text));
		return;
	}
	enlist(q, &q->dns->flying);
	q->since_ms = clock_ms();
	xneed(evtimer_add(q->life, &life) == 0);
	(void)try_next(q, false);
}

static void pool_is_ready(void *arg)
{
	struct dns *dns = arg;
	struct dns_query *q;

	while ((q = TAILQ_FIRST(&dns->waiting)) != NULL)
		launch(q);
}

struct dns *dns_open(struct event_base *base, const struct dns_config *config)
{
	struct dns *dns = xcalloc(1, sizeof *dns);

	dns->base = base;
	dns->config = config;
	dns->pool = dnspool_open(base, config, pool_is_ready, dns);
	dns->memory = dnsdoubt_remember();
	TAILQ_INIT(&dns->waiting);
	TAILQ_INIT(&dns->flying);
	return dns;
}

void dns_close(struct dns *dns)
{
	struct dns_query *q;

	if (dns == NULL)
		return;
	while ((q = TAILQ_FIRST(&dns->waiting)) != NULL ||
	       (q = TAILQ_FIRST(&dns->flying)) != NULL)
		query_free(q);
	dnslife_cancel(dns->life);
	dnspool_close(dns->pool);
	dnsdoubt_forget(dns->memory);
	free(dns);
}

struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg)
{
	static const struct timeval limit = {.tv_sec = DNS_QUERY_SECONDS};
	struct dns_query *q = xcalloc(1, sizeof *q + strlen(name) + 1);

	memcpy(q->name, name, strlen(name) + 1);
	q->dns = dns;
	q->type = type;
	q->done = done;
	q->arg = arg;
	q->limit = evtimer_new(dns->base, on_limit, q);
	q->next = evtimer_new(dns->base, on_next, q);
	q->life = evtimer_new(dns->base, on_life, q);
	xneed(q->limit != NULL && q->next != NULL && q->life != NULL &&
	      evtimer_add(q->limit, &limit) == 0);
	/* Who waits is launched when the pool is ready, which may be at once,
	 * for instance with settings that are wrong. */
	enlist(q, &dns->waiting);
	if (dnspool_is_ready(dns->pool) && q->list == &dns->waiting)
		launch(q);
	return q;
}

void dns_cancel(struct dns_query *query)
{
	if (query != NULL)
		query_free(query);
}

const struct dns_state *dns_state(const struct dns *dns)
{
	return dnspool_state(dns->pool);
}
