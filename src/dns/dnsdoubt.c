/* dnsdoubt: a second opinion on an answer that failed: names that exist only
 * here.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsdoubt.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "dns/dnsone.h"

#define REMEMBERED 32
#define REMEMBER_MS 3600000 /* no top-level name comes or goes more often */
#define LABEL_MAX 63	    /* RFC 1035 2.3.4 */
/* Its neighbour in the order of names: what proves that it does not exist
 * proves the same of what is in front of it, and the local resolver does not
 * know it. */
#define NEIGHBOUR "-x"

struct memory_entry {
	char tld[LABEL_MAX + 1];
	bool denied;
	int64_t until_ms;
};

struct dnsdoubt_memory {
	size_t next;
	struct memory_entry entry[REMEMBERED];
};

struct dnsdoubt {
	struct event_base *base;
	const struct dnspool *pool;
	struct dnsdoubt_memory *memory;
	struct dnsdoubt_call call;
	struct dnsgen *gen;
	struct dnsone *one;
	char tld[LABEL_MAX + 1];
};

struct dnsdoubt_memory *dnsdoubt_remember(void)
{
	return xcalloc(1, sizeof(struct dnsdoubt_memory));
}

void dnsdoubt_forget(struct dnsdoubt_memory *m)
{
	free(m);
}

static const char *tld_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

static const struct memory_entry *recall(
    const struct dnsdoubt_memory *m, const char *name)
{
	const char *tld = tld_of(name);

	for (size_t i = 0; i < REMEMBERED; i++)
		if (m->entry[i].until_ms > clock_ms() &&
		    strcmp(m->entry[i].tld, tld) == 0)
			return &m->entry[i];
	return NULL;
}

bool dnsdoubt_is_denied(const struct dnsdoubt_memory *m, const char *name)
{
	const struct memory_entry *e = recall(m, name);

	return e != NULL && e->denied;
}

static void note(struct dnsdoubt_memory *m, const char *tld, bool denied)
{
	struct memory_entry *e = &m->entry[m->next];

	m->next = (m->next + 1) % REMEMBERED;
	snprintf(e->tld, sizeof e->tld, "%s", tld);
	e->denied = denied;
	e->until_ms = clock_ms() + REMEMBER_MS;
}

void dnsdoubt_cancel(struct dnsdoubt *d)
{
	if (d == NULL)
		return;
	dnsone_cancel(d->one);
	dnsgen_drop(&d->gen);
	free(d);
}

static void finish(struct dnsdoubt *d, struct dns_answer *answer)
{
	struct dnsdoubt_call call = d->call;

	dnsdoubt_cancel(d);
	call.done(call.arg, answer);
}

static void ask(struct dnsdoubt *d, struct dnsgen *g, const char *name,
    enum dns_type type, void (*done)(void *arg, struct dns_answer *a))
{
	const struct dnsone_question q = {
	    .name = name,
	    .type = type,
	    .tld = d->tld,
	    .limit_ms = DNSDOUBT_STEP_MS,
	    .done = done,
	    .arg = d,
	};

	d->one = dnsone_ask(d->base, g, &q);
}

/* ---- the third question: what the local resolver says, as it is ---- */

static void said_here(void *arg, struct dns_answer *a)
{
	struct dnsdoubt *d = arg;

	d->one = NULL;
	if (a->outcome == DNS_INSECURE) {
		finish(d, a);
		return;
	}
	dnspacket_free(a);
	finish(d, NULL);
}

/* ---- the second: what the root and those below it say of the name ---- */

static void said_in_public(void *arg, struct dns_answer *a)
{
	struct dnsdoubt *d = arg;
	struct dnsgen *g;
	bool absent = a->outcome == DNS_SECURE && a->content == DNS_NXDOMAIN;
	bool insecure = a->outcome == DNS_INSECURE;

	d->one = NULL;
	dnspacket_free(a);
	if (absent) {
		finish(
		    d, dnspacket_absent(DNSDOUBT_ABSENT_TTL, DNSDOUBT_NO_NAME));
		return;
	}
	if (!insecure) {
		finish(d, NULL);
		return;
	}
	g = dnspool_plain_of(d->pool, d->call.gen);
	ask(d, g, d->call.name, d->call.type, said_here);
	dnsgen_drop(&g);
}

static void ask_public(struct dnsdoubt *d)
{
	struct dnsgen *g;

	if (d->call.cause != CAUSE_DNS_BOGUS || !dnspool_may_recurse(d->pool) ||
	    dnspool_is_recursive(d->pool)) {
		finish(d, NULL);
		return;
	}
	g = dnspool_from_root(d->pool);
	ask(d, g, d->call.name, d->call.type, said_in_public);
	dnsgen_drop(&g);
}

/* ---- the first: does the top-level name exist? ---- */

static void said_of_tld(void *arg, struct dns_answer *a)
{
	struct dnsdoubt *d = arg;
	bool denied = a->denied_tld, good = a->outcome == DNS_SECURE;

	d->one = NULL;
	dnspacket_free(a);
	if (good)
		note(d->memory, d->tld, denied);
	if (denied)
		finish(
		    d, dnspacket_absent(DNSDOUBT_ABSENT_TTL, DNSDOUBT_NO_TLD));
	else
		ask_public(d);
}

struct dnsdoubt *dnsdoubt_start(struct event_base *base,
    const struct dnspool *pool, struct dnsdoubt_memory *memory,
    const struct dnsdoubt_call *call)
{
	const char *tld = tld_of(call->name);
	bool asks_tld = recall(memory, call->name) == NULL &&
			strlen(tld) + strlen(NEIGHBOUR) <= LABEL_MAX &&
			tld[0] != '\0';
	char neighbour[2 + LABEL_MAX + sizeof NEIGHBOUR];
	struct dnsdoubt *d;

	if (!asks_tld &&
	    (call->cause != CAUSE_DNS_BOGUS || !dnspool_may_recurse(pool) ||
		dnspool_is_recursive(pool)))
		return NULL;
	d = xcalloc(1, sizeof *d);
	d->base = base;
	d->pool = pool;
	d->memory = memory;
	d->call = *call;
	d->gen = call->gen;
	d->gen->users++;
	if (!asks_tld) {
		ask_public(d);
		return d;
	}
	snprintf(d->tld, sizeof d->tld, "%s", tld);
	/* With a label before it: some pass on no other names. */
	snprintf(neighbour, sizeof neighbour, "a.%s" NEIGHBOUR, d->tld);
	ask(d, d->gen, neighbour, DNS_A, said_of_tld);
	return d;
}
