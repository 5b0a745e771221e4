/* dnsone: one question to one context, answered from the event loop.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsone.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/clock.h"
#include "base/xalloc.h"

struct dnsone {
	struct dnsgen *gen;
	struct dnsctx_query query;
	/* The time limit; triggered when the answer has arrived, so that
	 * callbacks come from the loop and never from libunbound. */
	struct event *timer;
	struct dns_answer *answer;
	void (*done)(void *arg, struct dns_answer *answer);
	void *arg;
	int limit_ms;
	int64_t since_ms;
	bool launched; /* what arrives now came from outside */
	char tld[DOMAIN_MAX + 1];
	char name[];
};

static void answered(struct dnsone *o, struct dns_answer *answer)
{
	o->answer = answer;
	event_active(o->timer, EV_TIMEOUT, 1);
}

static void landed(struct dnsctx_query *query, struct dns_answer *answer)
{
	struct dnsone *o =
	    (struct dnsone *)((char *)query - offsetof(struct dnsone, query));

	/* An answer from the context's memory says nothing of its server. */
	if (o->launched && answer->outcome != DNS_FAILED)
		o->gen->heard_ms = clock_ms();
	answered(o, answer);
}

void dnsone_cancel(struct dnsone *o)
{
	if (o == NULL)
		return;
	if (o->gen->ctx != NULL)
		dnsctx_cancel(o->gen->ctx, &o->query);
	dnsgen_drop(&o->gen);
	event_free(o->timer);
	dnspacket_free(o->answer);
	free(o);
}

static void finish(evutil_socket_t fd, short what, void *arg)
{
	struct dnsone *o = arg;
	struct dns_answer *answer = o->answer;
	void (*done)(void *, struct dns_answer *) = o->done;
	void *done_arg = o->arg;

	(void)fd;
	(void)what;
	o->answer = NULL;
	if (answer == NULL)
		answer = dnspacket_failed(CAUSE_DNS_TIMEOUT,
		    "no answer within %d s", o->limit_ms / 1000);
	dnsone_cancel(o);
	done(done_arg, answer);
}

struct dnsone *dnsone_ask(struct event_base *base, struct dnsgen *g,
    const struct dnsone_question *question)
{
	const struct timeval limit = {
	    .tv_sec = question->limit_ms / 1000,
	    .tv_usec = question->limit_ms % 1000 * 1000,
	};
	size_t len = strlen(question->name) + 1;
	struct dnsone *o = xcalloc(1, sizeof *o + len);
	struct reason why = {0};

	memcpy(o->name, question->name, len);
	if (question->tld != NULL && strlen(question->tld) <= DOMAIN_MAX) {
		memcpy(o->tld, question->tld, strlen(question->tld) + 1);
		o->query.tld = o->tld;
	}
	o->query.name = o->name;
	o->query.type = question->type;
	o->query.done = landed;
	o->gen = g;
	g->users++;
	o->done = question->done;
	o->arg = question->arg;
	o->limit_ms = question->limit_ms;
	o->since_ms = clock_ms();
	o->timer = evtimer_new(base, finish, o);
	xneed(o->timer != NULL &&
	      (o->limit_ms == 0 || evtimer_add(o->timer, &limit) == 0));
	if (g->ctx == NULL)
		answered(o, dnspacket_failed(g->why.cause, "%s", g->why.text));
	else if (!dnsctx_resolve(g->ctx, &o->query, &why))
		answered(o, dnspacket_failed(why.cause, "%s", why.text));
	o->launched = true;
	return o;
}

struct dnsgen *dnsone_gen(const struct dnsone *o)
{
	return o->gen;
}

int64_t dnsone_since(const struct dnsone *o)
{
	return o->since_ms;
}

void dnsone_unheard(char name[static DNSONE_UNHEARD_MAX + 1])
{
	uint8_t random[DNSONE_UNHEARD_MAX] = {0};

	/* Where it fails, the name is one that was asked for before. */
	(void)!getrandom(random, sizeof random, GRND_NONBLOCK);
	for (size_t i = 0; i < DNSONE_UNHEARD_MAX; i++)
		name[i] = (char)('a' + random[i] % 26);
	name[1] = '.';
	name[DNSONE_UNHEARD_MAX] = '\0';
}
