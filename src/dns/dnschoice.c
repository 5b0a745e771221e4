/* dnschoice: which of the name servers of a pool is asked next.
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "dns/dnspool.h"
#include "dns/dnsservers.h"

const struct dns_state *dnspool_state(const struct dnspool *p)
{
	return &p->state;
}

static bool same_server(const struct dnsgen *a, const struct dnsgen *b)
{
	return a->servers.recursive == b->servers.recursive &&
	       strcmp(a->servers.server[0], b->servers.server[0]) == 0;
}

bool dnspool_is_other(
    const struct dnsgen *g, struct dnsgen *const *tried, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (same_server(g, tried[i]))
			return false;
	return true;
}

static bool was_tried(
    const struct dnsgen *g, struct dnsgen *const *tried, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tried[i] == g)
			return true;
	return false;
}

/* May it be asked?  A server that failed the test only where no other is
 * left. */
static bool may_ask(const struct server *s, enum standing worst)
{
	return worst == BAD || s->standing != BAD;
}

struct dnsgen *dnspool_next(
    struct dnspool *p, struct dnsgen *const *tried, size_t n)
{
	enum standing worst = dnspool_has_good(p) ? GOOD : BAD;
	struct server *s;

	if (p->state.fell_back)
		return n == 0 ? p->root : NULL;
	/* Those that passed come first, then those that nobody has tried. */
	for (int pass = 0; pass < 2; pass++) {
		for (s = p->server; s < p->server + p->n; s++) {
			if (!may_ask(s, worst) ||
			    (pass == 0 && s->standing != GOOD))
				continue;
			if (dnspool_is_other(dnspool_gen_of(s), tried, n))
				return s->gen;
		}
	}
	for (s = p->server; s < p->server + p->n; s++) {
		if (!may_ask(s, worst) || p->conf.recursive)
			continue;
		if (s->spare == NULL)
			s->spare =
			    dnsgen_new(p->base, p->config, &s->conf, true);
		if (!was_tried(s->spare, tried, n))
			return s->spare;
	}
	return NULL;
}

struct dnsgen *dnspool_at(struct dnspool *p, size_t i)
{
	if (p->state.fell_back)
		return p->root;
	return i < p->n ? dnspool_gen_of(&p->server[i]) : NULL;
}

void dnspool_explain(const struct dnspool *p, struct dns_answer *a, bool asked)
{
	struct reason why = a->why;

	if (a->outcome != DNS_FAILED)
		return;
	if (p->state.known && !p->state.validates)
		a->why = p->state.why;
	else if (why.cause != CAUSE_DNS_BOGUS && asked)
		reason_fail(&a->why, why.cause, "%s (asked: %s)", why.text,
		    p->state.servers);
}

void dnspool_silent(
    struct dnspool *p, const struct dnsgen *g, const struct dnsgen *good)
{
	/* What it answered has validated. */
	for (struct server *s = p->server; s < p->server + p->n; s++)
		if (s->gen == good && s->standing == UNTRIED)
			s->standing = GOOD;
	for (struct server *s = p->server; s < p->server + p->n; s++) {
		if (s->standing == BAD || s->gen != g)
			continue;
		s->standing = BAD;
		s->since_ms = clock_ms();
		reason_fail(&s->why, CAUSE_DNS_SILENT,
		    "name server %s does not answer", s->conf.server[0]);
		if (dnspool_has_good(p))
			dnspool_tell_bad(p, s);
	}
}

void dnspool_outage(struct dnspool *p)
{
	if (!p->state.known || !p->state.validates)
		return;
	reason_fail(&p->state.why, CAUSE_DNS_SILENT, "no answer from %s",
	    p->state.servers);
	dnspool_known(p, false);
}

struct dnsgen *dnspool_plain(const struct dnspool *p, size_t i)
{
	static const struct dnsconf from_root = {.recursive = true};

	if (p->state.fell_back)
		return i > 0
			   ? NULL
			   : dnsgen_new(p->base, p->config, &from_root, false);
	return i < p->n
		   ? dnsgen_new(p->base, p->config, &p->server[i].conf, false)
		   : NULL;
}

struct dnsgen *dnspool_plain_of(const struct dnspool *p, const struct dnsgen *g)
{
	return dnsgen_new(p->base, p->config, &g->servers, false);
}

struct dnsgen *dnspool_from_root(const struct dnspool *p)
{
	static const struct dnsconf from_root = {.recursive = true};

	return dnsgen_new(p->base, p->config, &from_root, true);
}

bool dnspool_is_recursive(const struct dnspool *p)
{
	return p->conf.recursive || p->state.fell_back;
}
