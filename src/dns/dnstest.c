/* dnstest: does what a context gets validate, and if not, why?
 * SPDX-License-Identifier: MIT */
#include "dns/dnstest.h"

#include <stdlib.h>
#include "base/xalloc.h"
#include "dns/dnsone.h"
#include "dns/dnsstate.h"

#define DENIAL_MS 1000 /* of what is needed to be sure; it must not cost more */

struct dnstest {
	struct event_base *base;
	struct dnsgen *gen, *plain;
	struct dnstest_call call;
	struct dnsone *one;
	struct dnstest_result result;
	char servers[DNS_SERVERS_TEXT_MAX];
};

void dnstest_cancel(struct dnstest *t)
{
	if (t == NULL)
		return;
	dnsone_cancel(t->one);
	dnsgen_drop(&t->gen);
	dnsgen_drop(&t->plain);
	free(t);
}

static void finish(struct dnstest *t)
{
	struct dnstest_call call = t->call;
	struct dnstest_result result = t->result;

	dnstest_cancel(t);
	call.done(call.arg, &result);
}

static struct dnsone *ask(struct dnstest *t, struct dnsgen *g, const char *name,
    int limit_ms, void (*done)(void *arg, struct dns_answer *a))
{
	const struct dnsone_question q = {
	    .name = name,
	    .type = name[0] == '\0' ? DNS_DNSKEY : DNS_A,
	    .limit_ms = limit_ms,
	    .done = done,
	    .arg = t,
	};

	return dnsone_ask(t->base, g, &q);
}

static void silent(struct dnstest *t)
{
	reason_fail(
	    &t->result.why, CAUSE_DNS_SILENT, "no answer from %s", t->servers);
	finish(t);
}

static void plain_answered(void *arg, struct dns_answer *a)
{
	struct dnstest *t = arg;
	bool answers = a->outcome != DNS_FAILED, is_signed = a->is_signed;
	struct reason why = t->result.why;

	t->one = NULL;
	dnspacket_free(a);
	if (!answers) {
		silent(t);
		return;
	}
	if (!is_signed)
		reason_fail(&t->result.why, CAUSE_DNS_STRIPPED,
		    "name server %s strips DNSSEC records", t->servers);
	else
		reason_fail(&t->result.why, CAUSE_DNS_ANCHOR,
		    "the root's DNSKEY from %s does not validate: %s",
		    t->servers, why.text);
	finish(t);
}

/* A server that says nothing at all of what does not exist may be slow. */
static void denied(void *arg, struct dns_answer *a)
{
	struct dnstest *t = arg;

	t->one = NULL;
	if (a->outcome == DNS_FAILED && a->why.cause != CAUSE_DNS_TIMEOUT) {
		t->result.validates = false;
		t->result.is_poor = true;
		reason_fail(&t->result.why, CAUSE_DNS_STRIPPED,
		    "name server %s does not deny names that do not exist",
		    t->servers);
	}
	dnspacket_free(a);
	finish(t);
}

static void ask_denial(struct dnstest *t)
{
	char name[DNSONE_UNHEARD_MAX + 1];

	dnsone_unheard(name);
	t->one = ask(t, t->gen, name, DENIAL_MS, denied);
}

static void answered(void *arg, struct dns_answer *a)
{
	struct dnstest *t = arg;
	bool late = a->why.cause == CAUSE_DNS_TIMEOUT;
	bool insecure = a->outcome == DNS_INSECURE;

	t->one = NULL;
	t->result.validates =
	    a->outcome == DNS_SECURE && a->content == DNS_DATA;
	t->result.why = a->why;
	dnspacket_free(a);
	/* Without a key of the root everything would be insecure, and that is
	 * what a file that was truncated looks like. */
	if (insecure && t->gen->trusts_ad)
		reason_fail(&t->result.why, CAUSE_DNS_STRIPPED,
		    "name server %s does not validate: it says so of the root, "
		    "by an answer without the AD bit",
		    t->servers);
	else if (insecure)
		reason_fail(&t->result.why, CAUSE_DNS_SETTINGS,
		    "trust-anchor %s has no key of the root", t->gen->anchor);
	if (t->result.validates)
		ask_denial(t);
	else if (insecure || t->result.why.cause == CAUSE_DNS_SETTINGS ||
		 t->result.why.cause == CAUSE_FILE)
		finish(t);
	else if (late)
		silent(t); /* it is not waited for a second time */
	else
		t->one = ask(t, t->plain, "", DNSTEST_ROOT_MS, plain_answered);
}

struct dnstest *dnstest_start(struct event_base *base, struct dnsgen *g,
    struct dnsgen *plain, const struct dnstest_call *call)
{
	struct dnstest *t = xcalloc(1, sizeof *t);

	t->base = base;
	t->gen = g;
	g->users++;
	t->plain = plain;
	plain->users++;
	t->call = *call;
	dnsconf_format(&g->servers, t->servers, sizeof t->servers);
	t->one = ask(t, g, "", call->limit_ms, answered);
	return t;
}
