/* dns: validated DNS lookups on the event loop, and which servers answer them.
 * SPDX-License-Identifier: MIT */
#include "dns/dns.h"

#include <sys/queue.h>
#include <sys/stat.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "dns/dnsgen.h"

#define STAT_SECONDS 1	   /* between checks of resolv.conf */
#define RECHECK_SECONDS 30 /* of unusable name servers */
#define RETURN_SECONDS 300 /* from the root to resolv.conf's servers */
#define ABSENT_TTL 86400   /* a name that is too long never exists */

TAILQ_HEAD(query_list, dns_query);

struct dns_query {
	TAILQ_ENTRY(dns_query) link;
	struct query_list *list;
	struct dns *dns;
	struct dnsgen *generation; /* NULL while it waits */
	struct dnsctx_query query;
	/* The time limit; triggered when the answer has arrived, so that
	 * callbacks come from the loop and never from libunbound. */
	struct event *timer;
	struct dns_answer *answer;
	int seconds;
	void (*done)(void *arg, struct dns_answer *answer);
	void *arg;
	bool is_test;
	char name[];
};

struct dns {
	struct event_base *base;
	const struct dns_config *config;
	struct dnsgen *current; /* NULL before the first query */
	/* Waiting for the test of the name servers; for an answer. */
	struct query_list waiting, flying;
	struct stat resolv_conf;
	struct event *stat_timer, *recheck_timer;
	bool recheck;
	struct dns_state state;
	/* While the name servers are tested: */
	bool testing;
	struct dnsgen *root;  /* lookups from the root, tested as well */
	struct dnsgen *plain; /* the same servers, without validation */
	struct dns_query *test_root, *test_plain, *test_current;
	bool test_silent, root_validates, plain_answers, plain_is_signed;
	struct reason test_why;
};

static void enlist(struct dns_query *q, struct query_list *list)
{
	if (q->list != NULL)
		TAILQ_REMOVE(q->list, q, link);
	q->list = list;
	TAILQ_INSERT_TAIL(list, q, link);
}

/* The answer has arrived: hand it over from the loop. */
static void answered(struct dns_query *q, struct dns_answer *answer)
{
	q->answer = answer;
	event_active(q->timer, EV_TIMEOUT, 1);
}

static void landed(struct dnsctx_query *query, struct dns_answer *answer)
{
	struct dns_query *q =
	    (struct dns_query *)((char *)query -
				 offsetof(struct dns_query, query));

	answered(q, answer);
}

static void launch(struct dns_query *q, struct dnsgen *g)
{
	const struct dns_state *state = &q->dns->state;
	struct reason why = {0};

	q->generation = g;
	g->users++;
	enlist(q, &q->dns->flying);
	if (g->ctx == NULL)
		answered(q, dnspacket_failed(g->why.cause, "%s", g->why.text));
	else if (state->known && !state->validates && !q->is_test &&
		 state->why.cause == CAUSE_DNS_SETTINGS)
		answered(q,
		    dnspacket_failed(state->why.cause, "%s", state->why.text));
	else if (!dnsctx_resolve(g->ctx, &q->query, &why))
		answered(q, dnspacket_failed(why.cause, "%s", why.text));
}

static void query_free(struct dns_query *q)
{
	TAILQ_REMOVE(q->list, q, link);
	if (q->generation != NULL && q->generation->ctx != NULL)
		dnsctx_cancel(q->generation->ctx, &q->query);
	dnsgen_drop(&q->generation);
	event_free(q->timer);
	dnspacket_free(q->answer);
	free(q);
}

/* Word a failure for whoever has to find its cause. */
static void explain(const struct dns_query *q, struct dns_answer *a)
{
	const struct dns_state *state = &q->dns->state;
	char servers[DNS_SERVERS_TEXT_MAX] = "";
	struct reason why = a->why;

	if (a->outcome != DNS_FAILED || q->is_test || q->generation == NULL ||
	    q->generation->ctx == NULL)
		return;
	if (q->generation == q->dns->current && state->known &&
	    !state->validates) {
		a->why = state->why;
		return;
	}
	if (why.cause == CAUSE_DNS_BOGUS)
		return;
	dnsconf_format(&q->generation->servers, servers, sizeof servers);
	reason_fail(&a->why, why.cause, "%s (asked: %s)", why.text, servers);
}

static void finish(evutil_socket_t fd, short what, void *arg)
{
	struct dns_query *q = arg;
	struct dns_answer *answer = q->answer;
	void (*done)(void *, struct dns_answer *) = q->done;
	void *done_arg = q->arg;

	(void)fd;
	(void)what;
	q->answer = NULL;
	if (answer == NULL) {
		answer = dnspacket_failed(
		    CAUSE_DNS_TIMEOUT, "no answer within %d s", q->seconds);
		q->dns->test_silent |= q->is_test;
	}
	explain(q, answer);
	query_free(q);
	done(done_arg, answer);
}

/* It is neither waiting nor in flight yet. */
static struct dns_query *query_new(struct dns *dns, const char *name,
    enum dns_type type, int seconds,
    void (*done)(void *arg, struct dns_answer *answer), void *arg)
{
	const struct timeval limit = {.tv_sec = seconds};
	struct dns_query *q = xcalloc(1, sizeof *q + strlen(name) + 1);

	memcpy(q->name, name, strlen(name) + 1);
	q->dns = dns;
	q->query.name = q->name;
	q->query.type = type;
	q->query.done = landed;
	q->done = done;
	q->arg = arg;
	q->seconds = seconds;
	q->timer = evtimer_new(dns->base, finish, q);
	xneed(q->timer != NULL && evtimer_add(q->timer, &limit) == 0);
	return q;
}

/* The name servers are tested: start the waiting queries. */
static void test_ended(struct dns *dns)
{
	struct dns_query *q;

	dns->testing = false;
	dnsgen_drop(&dns->root);
	dnsgen_drop(&dns->plain);
	if (dns->state.why.text[0] != '\0' && dns->config->log != NULL)
		dns->config->log(dns->state.why.text);
	while ((q = TAILQ_FIRST(&dns->waiting)) != NULL)
		launch(q, dns->current);
}

/* The servers of `current` do not validate.  What do we know so far? */
static void judge_failure(struct dns *dns)
{
	struct dns_state *state = &dns->state;
	struct timeval recheck = {.tv_sec = RECHECK_SECONDS};
	char servers[DNS_SERVERS_TEXT_MAX];

	if (dns->test_root != NULL)
		return;
	/* Do not wait a second time for a silent server. */
	if (dns->root_validates && dns->test_silent) {
		dns_cancel(dns->test_plain);
		dns->test_plain = NULL;
	}
	if (dns->test_plain != NULL)
		return;
	dnsconf_format(&dns->current->servers, servers, sizeof servers);
	if (!dns->plain_answers)
		reason_fail(&state->why, CAUSE_DNS_SILENT, "no answer from %s",
		    servers);
	else if (!dns->plain_is_signed)
		reason_fail(&state->why, CAUSE_DNS_STRIPPED,
		    "name server %s strips DNSSEC records", servers);
	else
		reason_fail(&state->why, CAUSE_DNS_ANCHOR,
		    "the root's DNSKEY from %s does not validate: %s", servers,
		    dns->test_why.text);
	if (dns->root_validates) {
		struct reason why = state->why;

		reason_fail(&state->why, why.cause,
		    "lookups start at the root, because %s", why.text);
		dnsgen_drop(&dns->current);
		dns->current = dns->root;
		dns->current->users++;
		state->validates = state->fell_back = true;
		dnsconf_format(&dns->current->servers, state->servers,
		    sizeof state->servers);
		recheck.tv_sec = RETURN_SECONDS;
	}
	(void)evtimer_add(dns->recheck_timer, &recheck);
	test_ended(dns);
}

static void tested_root(void *arg, struct dns_answer *a)
{
	struct dns *dns = arg;

	dns->test_root = NULL;
	dns->root_validates =
	    a->outcome == DNS_SECURE && a->content == DNS_DATA;
	dnspacket_free(a);
	judge_failure(dns);
}

static void tested_plain(void *arg, struct dns_answer *a)
{
	struct dns *dns = arg;

	dns->test_plain = NULL;
	dns->plain_answers = a->outcome != DNS_FAILED;
	dns->plain_is_signed = a->is_signed;
	dnspacket_free(a);
	judge_failure(dns);
}

static struct dns_query *test(struct dns *dns, struct dnsgen *g,
    void (*done)(void *arg, struct dns_answer *answer))
{
	struct dns_query *q =
	    query_new(dns, "", DNS_DNSKEY, DNS_PROBE_SECONDS, done, dns);

	q->is_test = true;
	launch(q, g);
	return q;
}

static void tested_current(void *arg, struct dns_answer *a)
{
	static const struct dnsconf from_root = {.recursive = true};
	struct dns *dns = arg;

	dns->test_current = NULL;
	dns->state.known = true;
	dns->state.validates =
	    a->outcome == DNS_SECURE && a->content == DNS_DATA;
	dns->test_why = a->why;
	/* Without a key of the root everything would be insecure, and that is
	 * what a file that was truncated looks like. */
	if (a->outcome == DNS_INSECURE)
		reason_fail(&dns->state.why, CAUSE_DNS_SETTINGS,
		    "trust-anchor %s has no key of the root",
		    dns->config->trust_anchor);
	if (a->outcome == DNS_INSECURE || dns->state.validates) {
		dnspacket_free(a);
		test_ended(dns);
		return;
	}
	dnspacket_free(a);
	dns->root_validates = dns->plain_answers = false;
	dns->plain =
	    dnsgen_new(dns->base, dns->config, &dns->current->servers, false);
	dns->test_plain = test(dns, dns->plain, tested_plain);
	if (dns->config->resolver[0] != '\0')
		return;
	dns->root = dnsgen_new(dns->base, dns->config, &from_root, true);
	dns->test_root = test(dns, dns->root, tested_root);
}

/* Create a new generation and test it. */
static void start(struct dns *dns)
{
	struct dns_state *state = &dns->state;

	memset(state, 0, sizeof *state);
	dns->recheck = false;
	(void)evtimer_del(dns->recheck_timer);
	dnsgen_drop(&dns->current);
	dns->current = dnsgen_configured(dns->base, dns->config);
	dnsconf_format(
	    &dns->current->servers, state->servers, sizeof state->servers);
	if (dns->current->ctx == NULL) {
		state->known = true;
		state->why = dns->current->why;
		test_ended(dns);
		return;
	}
	if (dns->current->why.text[0] != '\0' && dns->config->log != NULL)
		dns->config->log(dns->current->why.text);
	dns->testing = true;
	dns->test_silent = false;
	dns->test_current = test(dns, dns->current, tested_current);
}

/* Was the file replaced or written to? */
static bool is_replaced(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino ||
	       a->st_size != b->st_size ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	       a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static void look_for_changes(struct dns *dns)
{
	const struct timeval pause = {.tv_sec = STAT_SECONDS};
	bool again = dns->current == NULL || dns->recheck;
	struct stat st;

	if (dns->testing)
		return;
	if (dns->config->resolver[0] == '\0' &&
	    !evtimer_pending(dns->stat_timer, NULL)) {
		if (stat(DNSCONF_RESOLV_CONF, &st) != 0)
			memset(&st, 0, sizeof st);
		again |= is_replaced(&st, &dns->resolv_conf);
		dns->resolv_conf = st;
		(void)evtimer_add(dns->stat_timer, &pause);
	}
	if (again)
		start(dns);
}

static void stat_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg; /* all that matters is that it is no longer pending */
}

static void recheck(evutil_socket_t fd, short what, void *arg)
{
	struct dns *dns = arg;

	(void)fd;
	(void)what;
	dns->recheck = true;
}

struct dns *dns_open(struct event_base *base, const struct dns_config *config)
{
	struct dns *dns = xcalloc(1, sizeof *dns);

	dns->base = base;
	dns->config = config;
	TAILQ_INIT(&dns->waiting);
	TAILQ_INIT(&dns->flying);
	dns->stat_timer = evtimer_new(base, stat_again, dns);
	dns->recheck_timer = evtimer_new(base, recheck, dns);
	xneed(dns->stat_timer != NULL && dns->recheck_timer != NULL);
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
	dnsgen_drop(&dns->current);
	dnsgen_drop(&dns->root);
	dnsgen_drop(&dns->plain);
	event_free(dns->stat_timer);
	event_free(dns->recheck_timer);
	free(dns);
}

struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg)
{
	struct dns_query *q =
	    query_new(dns, name, type, DNS_QUERY_SECONDS, done, arg);

	look_for_changes(dns);
	if (strlen(name) > DOMAIN_MAX && strchr(name, '\\') == NULL) {
		struct dns_answer *a = dnspacket_failed(CAUSE_NONE, "%s", "");

		a->outcome = DNS_INSECURE;
		a->content = DNS_NXDOMAIN;
		a->ttl = ABSENT_TTL;
		enlist(q, &dns->flying);
		answered(q, a);
	} else if (dns->testing) {
		enlist(q, &dns->waiting);
	} else {
		launch(q, dns->current);
	}
	return q;
}

void dns_cancel(struct dns_query *query)
{
	if (query != NULL)
		query_free(query);
}

const struct dns_state *dns_state(const struct dns *dns)
{
	return &dns->state;
}
