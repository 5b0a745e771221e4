/* tree: the result of explain, for a person.
 * SPDX-License-Identifier: MIT */
#include "verb/explain/tree.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "term/duration.h"
#include "term/tree.h"
#include "verb/certificate.h"
#include "verb/explain/words.h"
#include "verb/maplines.h"
#include "verb/rrtext.h"
#include "verb/sentence.h"
#include "verb/weakdns.h"

#define HOSTS_MAX 128

struct explain {
	const struct trace *c;
	struct tree *t;
};

/* ---- DNS ---- */

static const char *state_word(enum dns_outcome outcome)
{
	switch (outcome) {
	case DNS_SECURE:
		return _("secure");
	case DNS_INSECURE:
		return _("insecure");
	case DNS_FAILED:
		break;
	}
	return _("not determined");
}

static void add_record(
    struct explain *e, int depth, const struct note_record *r)
{
	char *text = rrtext_record(r);

	text_clean(text, strlen(text));
	if (r->type == DNS_TXT)
		tree_add(e->t, depth, TERM_PLAIN, "\"%s\"", text);
	else if (r->type != DNS_TLSA)
		tree_add(e->t, depth, TERM_PLAIN, "%s", text);
	else if (r->usable)
		tree_add(e->t, depth, TERM_GOOD, "%s", text);
	else
		tree_add(e->t, depth, TERM_WARN, _("%s (unusable)"), text);
	free(text);
}

static enum term_style answer_style(enum dns_outcome outcome)
{
	switch (outcome) {
	case DNS_SECURE:
		return TERM_GOOD;
	case DNS_INSECURE:
		return TERM_PLAIN;
	case DNS_FAILED:
		break;
	}
	return TERM_BAD;
}

static void add_answer(
    struct explain *e, int depth, const struct note_answer *a)
{
	enum term_style style = answer_style(a->outcome);
	const char *type = dnsword_type(a->type);
	const char *state = state_word(a->outcome);
	long long ttl = a->ttl;

	if (a->outcome == DNS_FAILED)
		tree_add(e->t, depth, style, "%s %s: %s: %s", type, a->name,
		    state, a->why.text);
	else if (a->content == DNS_NXDOMAIN && a->why.text[0] != '\0')
		tree_add(e->t, depth, style,
		    _("%s %s: nothing is published, since it can only exist "
		      "here (%s), ttl %lld"),
		    type, a->name, a->why.text, ttl);
	else if (a->content == DNS_NXDOMAIN)
		tree_add(e->t, depth, style,
		    _("%s %s: %s, no such name, ttl %lld"), type, a->name,
		    state, ttl);
	else if (a->content == DNS_NODATA)
		tree_add(e->t, depth, style,
		    _("%s %s: %s, no such record, ttl %lld"), type, a->name,
		    state, ttl);
	else if (a->alias[0] != '\0')
		tree_add(e->t, depth, style,
		    _("%s %s: %s, ttl %lld, via CNAME at %s"), type, a->name,
		    state, ttl, a->alias);
	else
		tree_add(e->t, depth, style, _("%s %s: %s, ttl %lld"), type,
		    a->name, state, ttl);
}

/* The answers of one part, each with its records. */
static void add_answers(
    struct explain *e, int depth, enum note_part part, const char *host)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(e->c, &pos, NOTE_ANSWER, &n)) {
		if (n.answer.part != part || strcmp(n.answer.host, host) != 0)
			continue;
		add_answer(e, depth, &n.answer);
		while (trace_follow(e->c, &pos, NOTE_RECORD, &n))
			add_record(e, depth + 1, &n.record);
	}
}

/* ---- DANE ---- */

static void add_host_line(struct explain *e, const struct trace_host *h)
{
	const struct note_host *n = &h->note;
	const char *why = _(words_because(n));
	char place[16] = "";

	if (h->preference >= 0)
		snprintf(place, sizeof place, "%d ", h->preference);
	switch (n->status) {
	case HOST_USABLE:
		tree_add(e->t, 2, TERM_GOOD,
		    ngettext("%s%s: U, %u of %u TLSA record usable",
			"%s%s: U, %u of %u TLSA records usable", n->of),
		    place, n->name, n->usable, n->of);
		return;
	case HOST_UNUSABLE:
		tree_add(e->t, 2, TERM_WARN,
		    ngettext("%s%s: X, %u TLSA record, unusable",
			"%s%s: X, %u TLSA records, none usable", n->of),
		    place, n->name, n->of);
		return;
	case HOST_NONE:
		tree_add(
		    e->t, 2, TERM_PLAIN, "%s%s: N, %s", place, n->name, why);
		return;
	case HOST_ERROR:
		tree_add(e->t, 2, TERM_BAD, "%s%s: E, %s", place, n->name, why);
		return;
	case HOST_ABSENT:
		tree_add(e->t, 2, TERM_FAINT, _("%s%s: ignored, %s"), place,
		    n->name, why);
		return;
	}
}

static void add_hosts(struct explain *e)
{
	static struct trace_host host[HOSTS_MAX];
	size_t n = trace_hosts(e->c, host, HOSTS_MAX);

	for (size_t i = 0; i < n; i++) {
		add_host_line(e, &host[i]);
		add_answers(e, 3, NOTE_PART_HOST, host[i].note.name);
	}
}

static void add_dane(struct explain *e)
{
	char remark[WORDS_MAX], weak[WEAKDNS_MAX];
	struct weakdns_walk walk = {0};
	struct note_answer answer;
	struct note n;
	size_t pos = 0;

	tree_add(e->t, 1, TERM_HEAD, "DANE");
	add_answers(e, 2, NOTE_PART_MX, "");
	while (trace_next(e->c, &pos, NOTE_MX, &n))
		tree_add(e->t, 2, TERM_WARN, "MX: %s",
		    words_mx(&n.mx, true, remark));
	add_hosts(e);
	while (weakdns_next(e->c, &walk, &answer, weak))
		tree_add(e->t, 2, TERM_WARN, "%s %s: %s",
		    dnsword_type(answer.type), answer.name, weak);
}

/* ---- MTA-STS ---- */

static void add_certificate(struct explain *e, const struct note_certificate *n)
{
	struct description d;

	if (describe_certificate(&d, n->der, n->len))
		certificate_tree(e->t, 3, &d, n->place, true, 0);
	else
		tree_add(e->t, 3, TERM_BAD, _("unreadable certificate"));
	describe_clear(&d);
}

/* Was the certificate what kept us from asking? */
static bool is_certificate_bad(const struct explain *e)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(e->c, &pos, NOTE_POLICY, &n))
		if (n.policy.why.cause == CAUSE_HTTPS_CERTIFICATE)
			return true;
	return false;
}

static void add_exchange(
    struct explain *e, const struct note_exchange *x, bool has_certificates)
{
	const char *address = x->address[0] != '\0' ? x->address : "?";
	char *type = xstrdup(x->type);

	text_clean(type, strlen(type));
	if (x->address[0] == '\0' && !has_certificates)
		tree_add(e->t, 2, TERM_BAD,
		    _("https://%s: no connection, %u ms"), x->host, x->ms);
	else if (x->status == 0 && is_certificate_bad(e))
		tree_add(e->t, 2, TERM_BAD,
		    _("https://%s at %s: not asked, since its certificate is "
		      "not valid, %u ms"),
		    x->host, address, x->ms);
	else if (x->status == 0)
		tree_add(e->t, 2, TERM_BAD,
		    _("https://%s at %s: no answer, %u ms"), x->host, address,
		    x->ms);
	else
		tree_add(e->t, 2, x->status == 200 ? TERM_GOOD : TERM_BAD,
		    _("https://%s at %s: %s%sstatus %u, %s, %u bytes, %u ms"),
		    x->host, address, x->tls, x->tls[0] != '\0' ? ", " : "",
		    x->status, type, x->bytes, x->ms);
	free(type);
}

static void add_https(struct explain *e)
{
	struct note n, next;
	size_t pos = 0, ahead;

	while (trace_next(e->c, &pos, NOTE_EXCHANGE, &n)) {
		ahead = pos;
		add_exchange(e, &n.exchange,
		    trace_follow(e->c, &ahead, NOTE_CERTIFICATE, &next));
		while (trace_follow(e->c, &pos, NOTE_CERTIFICATE, &n))
			add_certificate(e, &n.certificate);
	}
}

static void add_outcome(struct explain *e, const struct note_policy *p)
{
	switch (p->outcome) {
	case NOTE_OUTCOME_VALID:
		tree_add(e->t, 2, TERM_GOOD,
		    _("policy %s: valid, mode %s, max_age %u s"), p->id,
		    sts_mode_name(p->mode), p->max_age);
		return;
	case NOTE_OUTCOME_NONE:
		tree_add(e->t, 2, TERM_PLAIN, _("no policy is published"));
		return;
	case NOTE_OUTCOME_SAME:
	case NOTE_OUTCOME_INVALID:
	case NOTE_OUTCOME_FAILED:
	case NOTE_OUTCOMES:
		tree_add(e->t, 2, TERM_BAD, _("no policy: %s%s%s"),
		    words_outcome(p), p->why.text[0] != '\0' ? ": " : "",
		    p->why.text);
		return;
	}
}

/* The lines of the file, with the invalid one marked. */
static void add_lines(
    struct explain *e, const struct note_body *body, unsigned int blamed)
{
	const char *line;
	size_t pos = 0, len;

	for (unsigned int n = 1; words_next_line(body, &pos, &line, &len);
	     n++) {
		char *text = xmemdup(line, len);

		text_clean(text, len);
		tree_add(e->t, 3, n == blamed ? TERM_BAD : TERM_PLAIN,
		    "%3u %s%s%s", n, text, n == blamed ? "  <-- " : "",
		    n == blamed ? _("this line") : "");
		free(text);
	}
}

static void add_policy(struct explain *e)
{
	struct note policy, body;
	bool any = false;
	size_t pos = 0;

	while (trace_next(e->c, &pos, NOTE_POLICY, &policy))
		any = true;
	if (!any)
		return;
	add_outcome(e, &policy.policy);
	for (pos = 0; trace_next(e->c, &pos, NOTE_BODY, &body);)
		add_lines(e, &body.body, policy.policy.fault.line);
}

static void add_sts(struct explain *e)
{
	const struct sts_branch *s = &trace_answer(e->c)->record.sts;
	char left[DURATION_MAX];
	int64_t now = clock_now();

	tree_add(e->t, 1, TERM_HEAD, "MTA-STS");
	add_answers(e, 2, NOTE_PART_TXT, "");
	add_answers(e, 2, NOTE_PART_HTTPS, "");
	add_https(e);
	add_policy(e);
	if (s->failed && fresh_policy_alive(s, now))
		tree_add(e->t, 2, TERM_WARN,
		    _("the cached policy %s, mode %s, is valid for another %s"),
		    s->id, sts_mode_name(s->policy.mode),
		    duration_text(s->fetched + s->policy.max_age - now, left));
}

/* ---- all ---- */

static void add_verdict(struct explain *e, const struct config *config)
{
	const struct answer *a = trace_answer(e->c);
	const struct dane_branch *d = &a->record.dane;
	struct mapline line[CONFIG_MAPS_MAX];
	char age[DURATION_MAX];
	bool enforced = fresh_standing(&a->record.sts, clock_now(),
			    config->maps[0].testing_enforce,
			    false) == STS_STANDING_ENFORCED;
	enum term_style style = a->verdict == VERDICT_TEMP	 ? TERM_BAD
				: a->verdict == VERDICT_NOTFOUND ? TERM_WARN
								 : TERM_GOOD;

	tree_add(e->t, 1, style, _("Verdict: %s"), verdict_name(a->verdict));
	tree_add(e->t, 2, TERM_PLAIN, "%s", _(verb_sentence(a->verdict)));
	if (d->failed)
		tree_add(e->t, 2, TERM_PLAIN,
		    _("because the MX records could not be determined"));
	else
		tree_add(e->t, 2, TERM_PLAIN,
		    enforced ? _("because: %s (U %u, X %u, N %u, E %u); with "
				 "an MTA-STS policy to enforce")
			     : _("because: %s (U %u, X %u, N %u, E %u); "
				 "without an MTA-STS policy to enforce"),
		    _(verdict_row(&d->last)), d->last.usable, d->last.unusable,
		    d->last.none, d->last.error);
	if (!d->failed &&
	    d->last.usable + d->last.unusable + d->last.none + d->last.error >
		0)
		tree_add(e->t, 2, TERM_FAINT,
		    _("MX hosts: U with usable TLSA records, X with unusable "
		      "ones only, N without any, E not determined"));
	if (d->failed && verb_exit_code(a->verdict) == VERB_OK)
		tree_add(e->t, 2, TERM_WARN,
		    _("served from the result of %s ago: %s"),
		    duration_text(clock_now() - d->asof, age),
		    _(verdict_row(&d->last)));
	if (a->why.text[0] != '\0')
		tree_add(e->t, 2, TERM_BAD, "%s", a->why.text);
	else if (!d->failed &&
		 (d->last.mx == MX_NONE || d->last.mx == MX_NONE_INSECURE))
		tree_add(e->t, 2, TERM_PLAIN, "%s", d->last.why.text);
	for (size_t i = 0; i < config->n_maps; i++)
		line[i] = (struct mapline){&config->maps[i], TERM_PLAIN,
		    xstrdup(trace_reply(e->c, i))};
	maplines_add(e->t, 2, line, config->n_maps);
	for (size_t i = 0; i < config->n_maps; i++)
		free(line[i].text);
}

static void add_servers(struct explain *e)
{
	struct note n;
	size_t pos = 0;

	if (!trace_next(e->c, &pos, NOTE_SERVERS, &n))
		return;
	tree_add(e->t, 1, n.servers.validates ? TERM_PLAIN : TERM_BAD,
	    n.servers.validates ? _("name servers: %s")
				: _("name servers: %s; no answer validates"),
	    n.servers.servers);
	if (n.servers.why.text[0] != '\0')
		tree_add(e->t, 2, TERM_WARN, "%s", n.servers.why.text);
}

void explain_tree(const struct trace *c, const struct config *config,
    const struct term *term, const char *next_hop)
{
	struct explain e = {.c = c, .t = tree_open()};

	tree_add(e.t, 0, TERM_HEAD, "%s", next_hop);
	if (trace_answer(c)->domain.kind == DOMAIN_REFUSED) {
		tree_add(e.t, 1, TERM_PLAIN,
		    _("Nothing is looked up for this next hop: it is a parent "
		      "domain, an address, not a host name, or one of "
		      "srv-services."));
		tree_add(e.t, 1, TERM_WARN, _("Verdict: %s"), "NOTFOUND");
	} else {
		add_servers(&e);
		add_dane(&e);
		add_sts(&e);
		add_verdict(&e, config);
	}
	tree_print(e.t, term);
	tree_close(e.t);
}
