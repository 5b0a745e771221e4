/* dnspool: the name servers, each with a context of its own, and which of them
 * are of use.
 * SPDX-License-Identifier: MIT */
#include "dns/dnspool.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns/dnsservers.h"

#define STAT_MS 1000	 /* between checks of resolv.conf */
#define NEXT_MS 200	 /* until the next server is tested as well */
#define ROOT_MS 3000	 /* until the root is */
#define RECHECK_MS 5000	 /* where nothing validates */
#define RETEST_MS 30000	 /* of a server that is of no use */
#define RETURN_MS 300000 /* from the root to the servers */

static void look_on(struct dnspool *p);

/* ---- what is known ---- */

static void log_once(struct dnspool *p, const char *text)
{
	if (text[0] == '\0' || strcmp(p->logged.text, text) == 0)
		return;
	reason_set(&p->logged, "%s", text);
	if (p->config->log != NULL)
		p->config->log(text);
}

void dnspool_known(struct dnspool *p, bool validates)
{
	bool was = p->state.known;

	p->state.known = true;
	p->state.validates = validates;
	p->known_ms = clock_ms();
	(void)evtimer_del(p->next_timer);
	log_once(p, p->state.why.text);
	if (!was)
		p->ready(p->arg);
}

bool dnspool_may_recurse(const struct dnspool *p)
{
	return p->config->resolver[0] == '\0' && !p->conf.recursive &&
	       !p->config->trust_ad;
}

void dnspool_tell_bad(struct dnspool *p, const struct server *s)
{
	reason_fail(
	    &p->state.why, s->why.cause, "%s; others are asked", s->why.text);
	log_once(p, p->state.why.text);
}

static const struct server *find_bad(const struct dnspool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->server[i].standing == BAD)
			return &p->server[i];
	return NULL;
}

static void good_found(struct dnspool *p)
{
	const struct server *bad = find_bad(p);

	p->state.fell_back = false;
	dnsconf_format(&p->conf, p->state.servers, sizeof p->state.servers);
	reason_clear(&p->state.why);
	if (bad != NULL)
		dnspool_tell_bad(p, bad);
	dnstest_cancel(p->root_test);
	p->root_test = NULL;
	dnsgen_drop(&p->root);
	dnspool_known(p, true);
}

static void fall_back(struct dnspool *p, const struct reason *why)
{
	reason_fail(&p->state.why, why->cause,
	    "lookups start at the root, because %s", why->text);
	p->state.fell_back = true;
	dnsconf_format(
	    &p->root->servers, p->state.servers, sizeof p->state.servers);
	dnspool_known(p, true);
}

/* The reason why none of the servers is of use: that of the first one that is
 * known, silence if it is not known yet. */
static void why_none(const struct dnspool *p, struct reason *why)
{
	const struct server *bad = find_bad(p);

	if (bad != NULL)
		*why = bad->why;
	else
		reason_fail(why, CAUSE_DNS_SILENT, "no answer from %s",
		    p->state.servers);
}

static bool is_testing(const struct dnspool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->server[i].standing == TESTING)
			return true;
	return false;
}

static bool has_poor(const struct dnspool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->server[i].standing == BAD && p->server[i].is_poor)
			return true;
	return false;
}

bool dnspool_has_good(const struct dnspool *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->server[i].standing == GOOD)
			return true;
	return false;
}

/* ---- tests ---- */

static void root_tested(void *arg, const struct dnstest_result *r)
{
	struct dnspool *p = arg;
	struct reason why;

	p->root_test = NULL;
	p->root_was_tested = true;
	if (!r->validates) {
		dnsgen_drop(&p->root);
		look_on(p);
		return;
	}
	why_none(p, &why);
	fall_back(p, &why);
}

static void test_root(struct dnspool *p)
{
	if (p->root_test != NULL || p->root_was_tested ||
	    !dnspool_may_recurse(p))
		return;
	p->root = dnspool_from_root(p);
	p->root_test = dnstest_start(p->base, p->root, p->root,
	    &(const struct dnstest_call){
		.limit_ms = DNSTEST_ROOT_MS,
		.done = root_tested,
		.arg = p,
	    });
}

static void tested(void *arg, const struct dnstest_result *r)
{
	struct server *s = arg;
	struct dnspool *p = s->pool;

	s->test = NULL;
	if (s->fresh != NULL && r->validates) {
		dnsgen_drop(&s->gen);
		dnsgen_drop(&s->spare);
		s->gen = s->fresh;
		s->fresh = NULL;
	}
	dnsgen_drop(&s->fresh);
	s->since_ms = clock_ms();
	s->standing = r->validates ? GOOD : BAD;
	s->is_poor = r->is_poor;
	s->why = r->why;
	if (r->validates && s->conf.n > 0 && !s->conf.tls)
		dnstcp_test(p->tcp, s->conf.server[0]);
	if (r->validates &&
	    (!p->state.validates || p->state.fell_back || find_bad(p) == NULL))
		good_found(p);
	else if (!r->validates && p->state.validates && !p->state.fell_back)
		dnspool_tell_bad(p, s);
	else if (!p->state.known && (r->why.cause == CAUSE_DNS_SETTINGS ||
					r->why.cause == CAUSE_FILE)) {
		p->state.why = r->why; /* it is the same for all */
		dnspool_known(p, false);
	} else if (!p->state.known)
		look_on(p);
}

struct dnsgen *dnspool_gen_of(struct server *s)
{
	if (s->gen == NULL)
		s->gen =
		    dnsgen_new(s->pool->base, s->pool->config, &s->conf, true);
	return s->gen;
}

static void test_server(struct server *s)
{
	struct dnspool *p = s->pool;
	struct dnsgen *g, *plain;

	if (s->standing == BAD && s->gen != NULL)
		s->fresh = g = dnsgen_new(p->base, p->config, &s->conf, true);
	else
		g = dnspool_gen_of(s);
	if (s->standing == UNTRIED)
		s->standing = TESTING;
	if (g->ctx != NULL)
		log_once(p, g->why.text); /* an anchor that is damaged */
	plain = dnsgen_new(p->base, p->config, &s->conf, false);
	s->test = dnstest_start(p->base, g, plain,
	    &(const struct dnstest_call){
		.limit_ms = DNSTEST_SERVER_MS,
		.done = tested,
		.arg = s,
	    });
	dnsgen_drop(&plain);
}

/* Nothing validates so far: test whom we have not tried, or give up. */
static void look_on(struct dnspool *p)
{
	static const struct timeval pause = {.tv_usec = NEXT_MS * 1000};
	bool untried = false;

	for (size_t i = 0; i < p->n; i++) {
		if (p->server[i].standing != UNTRIED)
			continue;
		if (untried) {
			(void)evtimer_add(p->next_timer, &pause);
			return;
		}
		untried = true;
		test_server(&p->server[i]);
	}
	if (untried || is_testing(p))
		return;
	test_root(p);
	if (p->root_test != NULL)
		return;
	why_none(p, &p->state.why);
	dnspool_known(p, has_poor(p));
}

static void on_next(evutil_socket_t fd, short what, void *arg)
{
	struct dnspool *p = arg;

	(void)fd;
	(void)what;
	if (!p->state.known)
		look_on(p);
}

static void on_root(evutil_socket_t fd, short what, void *arg)
{
	struct dnspool *p = arg;

	(void)fd;
	(void)what;
	if (!p->state.known) {
		test_root(p);
		return;
	}
	/* Another one has long answered. */
	for (size_t i = 0; dnspool_has_good(p) && i < p->n; i++) {
		struct server *s = &p->server[i];
		struct dnstest_result silent = {0};

		if (s->standing != TESTING)
			continue;
		dnstest_cancel(s->test);
		reason_fail(&silent.why, CAUSE_DNS_SILENT, "no answer from %s",
		    s->conf.server[0]);
		tested(s, &silent);
	}
}

/* ---- starting ---- */

static void forget(struct dnspool *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct server *s = &p->server[i];

		dnstest_cancel(s->test);
		dnsgen_drop(&s->gen);
		dnsgen_drop(&s->spare);
		dnsgen_drop(&s->fresh);
	}
	free(p->server);
	p->server = NULL;
	p->n = 0;
	dnstest_cancel(p->root_test);
	p->root_test = NULL;
	p->root_was_tested = false;
	dnsgen_drop(&p->root);
	memset(&p->state, 0, sizeof p->state);
	(void)evtimer_del(p->next_timer);
	(void)evtimer_del(p->root_timer);
}

static bool read_conf(struct dnspool *p, struct reason *why)
{
	memset(&p->conf, 0, sizeof p->conf);
	if (p->config->resolver[0] != '\0')
		return dnsconf_parse(&p->conf, p->config->resolver, why);
	dnsconf_read_system(&p->conf);
	return true;
}

/* Whoever is elsewhere is asked as ever: what it says is validated here. */
static void tell_distrust(struct dnspool *p)
{
	struct reason why;

	if (!p->config->trust_ad || dnsconf_is_loopback(&p->conf))
		return;
	reason_set(&why,
	    "dnssec = trust-ad does not hold for %s, not all of which is on "
	    "loopback: what others say is validated here",
	    p->state.servers);
	log_once(p, why.text);
}

static void start(struct dnspool *p)
{
	static const struct timeval root = {.tv_sec = ROOT_MS / 1000};

	forget(p);
	p->started = true;
	if (!read_conf(p, &p->state.why)) {
		dnspool_known(p, false);
		return;
	}
	dnsconf_format(&p->conf, p->state.servers, sizeof p->state.servers);
	tell_distrust(p);
	p->n = p->conf.recursive ? 1 : p->conf.n;
	p->server = xcalloc(p->n, sizeof *p->server);
	for (size_t i = 0; i < p->n; i++) {
		struct server *s = &p->server[i];

		s->pool = p;
		s->conf.recursive = p->conf.recursive;
		s->conf.tls = p->conf.tls;
		s->conf.n = p->conf.recursive ? 0 : 1;
		memcpy(s->conf.server[0], p->conf.server[i],
		    sizeof s->conf.server[0]);
	}
	(void)evtimer_add(p->root_timer, &root);
	look_on(p);
}

/* Was the file replaced or written to? */
static bool is_replaced(const struct stat *a, const struct stat *b)
{
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino ||
	       a->st_size != b->st_size ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	       a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

static bool is_outdated(struct dnspool *p, int64_t now)
{
	struct stat st;
	bool replaced;

	if (p->started && p->state.known && !p->state.validates &&
	    now - p->known_ms >= RECHECK_MS)
		return true;
	if (p->config->resolver[0] != '\0' || now - p->stat_ms < STAT_MS)
		return !p->started;
	if (stat(DNSCONF_RESOLV_CONF, &st) != 0)
		memset(&st, 0, sizeof st);
	replaced = is_replaced(&st, &p->resolv_conf);
	p->resolv_conf = st;
	p->stat_ms = now;
	return replaced || !p->started;
}

static void retest(struct dnspool *p, int64_t now)
{
	int64_t pause = p->state.fell_back ? RETURN_MS : RETEST_MS;

	for (size_t i = 0; i < p->n; i++)
		if (p->server[i].standing == BAD && p->server[i].test == NULL &&
		    now - p->server[i].since_ms >= pause)
			test_server(&p->server[i]);
}

bool dnspool_is_ready(struct dnspool *p)
{
	int64_t now = clock_ms();

	if (p->started && !p->state.known)
		return false;
	if (is_outdated(p, now))
		start(p);
	else if (p->state.validates)
		retest(p, now);
	return p->state.known;
}

struct dnspool *dnspool_open(struct event_base *base,
    const struct dns_config *config, void (*ready)(void *arg), void *arg)
{
	struct dnspool *p = xcalloc(1, sizeof *p);

	p->base = base;
	p->config = config;
	p->ready = ready;
	p->arg = arg;
	p->tcp = dnstcp_open(base, config);
	p->stat_ms = clock_ms() - STAT_MS;
	p->next_timer = evtimer_new(base, on_next, p);
	p->root_timer = evtimer_new(base, on_root, p);
	xneed(p->next_timer != NULL && p->root_timer != NULL);
	return p;
}

void dnspool_close(struct dnspool *p)
{
	if (p == NULL)
		return;
	forget(p);
	event_free(p->next_timer);
	event_free(p->root_timer);
	dnstcp_close(p->tcp);
	free(p);
}

bool dnspool_is_poor(const struct dnspool *p)
{
	return p->state.validates && !p->state.fell_back &&
	       !dnspool_has_good(p);
}
