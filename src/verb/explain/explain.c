/* explain: the whole way from the questions to the verdict, as a tree.
 * SPDX-License-Identifier: MIT */
#include "verb/explain/explain.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "cache/fresh.h"
#include "base/clock.h"
#include "term/tree.h"
#include "verb/operands.h"
#include "term/duration.h"

#define HOSTS_MAX 128
#define PRINTABLE_MAX 1024
#define NAMES_SHOWN 5 /* of a certificate */

struct explain {
	const struct trace *c;
	struct tree *t;
};

/* Bytes of strangers, as one printable line; valid until the next call. */
static const char *printable(const char *text)
{
	static char buf[PRINTABLE_MAX];

	return text_printable(buf, sizeof buf, text, strlen(text));
}

/* ---- DNS ---- */

static const char *state_word(const char *state)
{
	if (strcmp(state, "secure") == 0)
		return _("secure");
	if (strcmp(state, "insecure") == 0)
		return _("insecure");
	return _("not found out");
}

static void add_record(struct explain *e, int depth, const struct note_view *v)
{
	const char *usable = note_get(v, "usable");

	if (strcmp(note_get(v, "type"), "TXT") == 0)
		tree_add(e->t, depth, TERM_PLAIN, "\"%s\"",
		    printable(note_get(v, "text")));
	else if (usable[0] == '\0')
		tree_add(e->t, depth, TERM_PLAIN, "%s",
		    printable(note_get(v, "text")));
	else if (note_get_flag(v, "usable"))
		tree_add(e->t, depth, TERM_GOOD, "%s",
		    printable(note_get(v, "text")));
	else
		tree_add(e->t, depth, TERM_WARN, _("%s (not usable)"),
		    printable(note_get(v, "text")));
}

/* One answer and its records; *pos stands behind the answer. */
static void add_answer(
    struct explain *e, int depth, size_t *pos, struct note_view *v)
{
	const char *type = note_get(v, "type"), *name = note_get(v, "name");
	const char *state = note_get(v, "state");
	const char *alias = note_get(v, "alias");
	const char *content = note_get(v, "content");
	long long ttl = note_get_number(v, "ttl");
	enum term_style style = strcmp(state, "secure") == 0	 ? TERM_GOOD
				: strcmp(state, "insecure") == 0 ? TERM_PLAIN
								 : TERM_BAD;

	if (strcmp(state, "failed") == 0)
		tree_add(e->t, depth, style, "%s %s: %s: %s", type, name,
		    state_word(state), printable(note_get(v, "why")));
	else if (strcmp(content, "nxdomain") == 0)
		tree_add(e->t, depth, style,
		    _("%s %s: %s, no such name, ttl %lld"), type, name,
		    state_word(state), ttl);
	else if (strcmp(content, "nodata") == 0)
		tree_add(e->t, depth, style,
		    _("%s %s: %s, no such record, ttl %lld"), type, name,
		    state_word(state), ttl);
	else if (alias[0] != '\0')
		tree_add(e->t, depth, style,
		    _("%s %s: %s, ttl %lld, by CNAME at %s"), type, name,
		    state_word(state), ttl, alias);
	else
		tree_add(e->t, depth, style, _("%s %s: %s, ttl %lld"), type,
		    name, state_word(state), ttl);
	while (trace_follow(e->c, pos, "record", v))
		add_record(e, depth + 1, v);
}

static void add_answers(
    struct explain *e, int depth, const char *part, const char *host)
{
	static struct note_view v;
	size_t pos = 0;

	while (trace_next(e->c, &pos, "dns", &v))
		if (strcmp(note_get(&v, "part"), part) == 0 &&
		    strcmp(note_get(&v, "host"), host) == 0)
			add_answer(e, depth, &pos, &v);
}

/* ---- DANE ---- */

static void add_host_line(
    struct explain *e, const struct note_view *v, const struct trace_host *h)
{
	const char *why = printable(note_get(v, "why"));
	long long usable = note_get_number(v, "usable");
	long long of = note_get_number(v, "of");

	char name[DOMAIN_MAX + 16];

	if (h->preference >= 0)
		snprintf(name, sizeof name, "%d %s", h->preference, h->name);
	else
		snprintf(name, sizeof name, "%s", h->name);
	switch (h->state) {
	case 'U':
		tree_add(e->t, 2, TERM_GOOD,
		    ngettext("%s: U, %lld usable of %lld TLSA record",
			"%s: U, %lld usable of %lld TLSA records",
			(unsigned long)of),
		    name, usable, of);
		return;
	case 'X':
		tree_add(e->t, 2, TERM_WARN,
		    ngettext("%s: X, none usable of %lld TLSA record",
			"%s: X, none usable of %lld TLSA records",
			(unsigned long)of),
		    name, of);
		return;
	case 'N':
		tree_add(e->t, 2, TERM_PLAIN, "%s: N, %s", name, why);
		return;
	case 'E':
		tree_add(e->t, 2, TERM_BAD, "%s: E, %s", name, why);
		return;
	default:
		tree_add(e->t, 2, TERM_FAINT, _("%s: left out, %s"), name, why);
	}
}

static void add_hosts(struct explain *e)
{
	static struct trace_host host[HOSTS_MAX];
	static struct note_view v;
	size_t n = trace_hosts(e->c, host, HOSTS_MAX);

	for (size_t i = 0; i < n; i++) {
		size_t pos = 0;

		while (trace_next(e->c, &pos, "host", &v) &&
		       strcmp(note_get(&v, "name"), host[i].name) != 0)
			continue;
		add_host_line(e, &v, &host[i]);
		add_answers(e, 3, "host", host[i].name);
	}
}

static void add_dane(struct explain *e)
{
	static struct note_view v;
	size_t pos = 0;

	tree_add(e->t, 1, TERM_HEAD, "DANE");
	add_answers(e, 2, "mx", "");
	while (trace_next(e->c, &pos, "mx", &v))
		tree_add(e->t, 2, TERM_WARN, "MX: %s",
		    printable(note_get(&v, "text")));
	add_hosts(e);
}

/* ---- MTA-STS ---- */

/* The first names of a certificate, and how many more there are. */
static void add_names(struct explain *e, const char *names)
{
	size_t shown = 0;
	unsigned long more = 0;

	if (names[0] == '\0')
		return;
	for (int n = 1; names[shown] != '\0'; shown++)
		if (names[shown] == ' ' && n++ == NAMES_SHOWN)
			break;
	for (const char *p = names + shown; *p != '\0'; p++)
		more += *p == ' ';
	if (more == 0)
		tree_add(e->t, 4, TERM_FAINT, _("names: %s"), printable(names));
	else
		tree_add(e->t, 4, TERM_FAINT,
		    ngettext("names: %.*s and %lu more",
			"names: %.*s and %lu more", more),
		    (int)shown, printable(names), more);
}

static void add_certificate(struct explain *e, const struct note_view *v)
{
	int64_t now = clock_now(), expires = note_get_number(v, "expires");
	int64_t begins = note_get_number(v, "begins");
	char left[DURATION_MAX], date[DURATION_MAX];
	enum term_style style = expires < now || begins > now ? TERM_BAD
				: expires < now + DURATION_EXPIRES_SOON
				    ? TERM_WARN
				    : TERM_PLAIN;
	char subject[PRINTABLE_MAX];

	strcpy(subject, printable(note_get(v, "subject")));
	tree_add(e->t, 3, style,
	    expires < now  ? _("certificate %s, of %s, expired on %s")
	    : begins > now ? _("certificate %s, of %s, begins only on %s")
			   : _("certificate %s, of %s, until %s (%s)"),
	    subject, printable(note_get(v, "issuer")),
	    duration_date(begins > now ? begins : expires, date),
	    duration_text(expires - now, left));
	if (note_get_number(v, "place") == 0)
		add_names(e, note_get(v, "names"));
}

static void add_https(struct explain *e)
{
	static struct note_view v;
	size_t pos = 0;

	while (trace_next(e->c, &pos, "https", &v)) {
		const char *address = note_get(&v, "address");
		const char *tls = note_get(&v, "tls");
		long long status = note_get_number(&v, "status");
		long long ms = note_get_number(&v, "ms");

		if (address[0] == '\0')
			tree_add(e->t, 2, TERM_BAD,
			    _("https://%s: no connection, %lld ms"),
			    note_get(&v, "host"), ms);
		else if (status == 0)
			tree_add(e->t, 2, TERM_BAD,
			    _("https://%s at %s: no answer, %lld ms"),
			    note_get(&v, "host"), address, ms);
		else
			tree_add(e->t, 2, status == 200 ? TERM_GOOD : TERM_BAD,
			    _("https://%s at %s: %s%sstatus %lld, %s, %lld "
			      "bytes, %lld ms"),
			    note_get(&v, "host"), address, tls,
			    tls[0] != '\0' ? ", " : "", status,
			    printable(note_get(&v, "type")),
			    (long long)note_get_number(&v, "bytes"), ms);
		while (trace_follow(e->c, &pos, "cert", &v))
			add_certificate(e, &v);
	}
}

/* The outcome, and the file's lines with the one to blame marked. */
static void add_policy(struct explain *e)
{
	static struct note_view policy, line;
	const char *outcome, *why;
	bool any = false;
	size_t pos = 0;

	while (trace_next(e->c, &pos, "policy", &policy))
		any = true;
	if (!any)
		return;
	outcome = note_get(&policy, "outcome");
	why = printable(note_get(&policy, "why"));
	if (strcmp(outcome, "valid") == 0)
		tree_add(e->t, 2, TERM_GOOD,
		    _("policy %s: valid, mode %s, max_age %lld s"),
		    note_get(&policy, "id"), note_get(&policy, "mode"),
		    (long long)note_get_number(&policy, "max_age"));
	else if (strcmp(outcome, "none") == 0)
		tree_add(e->t, 2, TERM_PLAIN, _("no policy is published"));
	else
		tree_add(e->t, 2, TERM_BAD, _("no policy: %s%s%s"), outcome,
		    why[0] != '\0' ? ": " : "", why);
	pos = 0;
	while (trace_next(e->c, &pos, "line", &line)) {
		long long n = note_get_number(&line, "n");
		bool blamed = n == note_get_number(&policy, "line");

		tree_add(e->t, 3, blamed ? TERM_BAD : TERM_PLAIN,
		    "%3lld %s%s%s", n, printable(note_get(&line, "text")),
		    blamed ? "  <-- " : "", blamed ? _("this line") : "");
	}
}

static void add_sts(struct explain *e)
{
	const struct sts_branch *s = &trace_answer(e->c)->record.sts;
	char left[DURATION_MAX];
	int64_t now = clock_now();

	tree_add(e->t, 1, TERM_HEAD, "MTA-STS");
	add_answers(e, 2, "txt", "");
	add_answers(e, 2, "https", "");
	add_https(e);
	add_policy(e);
	if (s->failed && fresh_policy_alive(s, now))
		tree_add(e->t, 2, TERM_WARN,
		    _("the policy %s, mode %s, fetched before holds for %s"),
		    s->id, sts_mode_name(s->policy.mode),
		    duration_text(s->fetched + s->policy.max_age - now, left));
}

/* ---- all ---- */

static void add_verdict(struct explain *e, const struct config *config)
{
	const struct answer *a = trace_answer(e->c);
	const struct dane_branch *d = &a->record.dane;
	char age[DURATION_MAX];
	bool enforced = fresh_standing(&a->record.sts, clock_now(),
			    config->maps[0].testing_enforce,
			    false) == STS_STANDING_ENFORCED;
	enum term_style style = a->verdict == VERDICT_TEMP	 ? TERM_BAD
				: a->verdict == VERDICT_NOTFOUND ? TERM_WARN
								 : TERM_GOOD;

	tree_add(e->t, 1, style, _("Verdict: %s"), verdict_name(a->verdict));
	if (d->failed)
		tree_add(e->t, 2, TERM_PLAIN,
		    _("because the MX records could not be found out"));
	else
		tree_add(e->t, 2, TERM_PLAIN,
		    enforced
			? _("because of: %s (U %u, X %u, N %u, E %u); with an "
			    "MTA-STS policy to be enforced")
			: _("because of: %s (U %u, X %u, N %u, E %u); without "
			    "an MTA-STS policy to be enforced"),
		    _(verdict_row(&d->last)), d->last.usable, d->last.unusable,
		    d->last.none, d->last.error);
	if (d->failed && verb_exit_code(a->verdict) == VERB_OK)
		tree_add(e->t, 2, TERM_WARN,
		    _("served as it was found %s ago: %s"),
		    duration_text(clock_now() - d->asof, age),
		    _(verdict_row(&d->last)));
	if (a->why.text[0] != '\0')
		tree_add(e->t, 2, TERM_BAD, "%s", a->why.text);
	else if (!d->failed && d->last.mx == MX_NONE)
		tree_add(e->t, 2, TERM_PLAIN, "%s", d->last.why.text);
	for (size_t i = 0; i < config->n_maps; i++)
		tree_add(e->t, 2, TERM_PLAIN, "%s: %s", config->maps[i].name,
		    trace_reply(e->c, i));
}

static void add_servers(struct explain *e)
{
	static struct note_view v;
	size_t pos = 0;

	if (!trace_next(e->c, &pos, "servers", &v))
		return;
	tree_add(e->t, 1,
	    note_get_flag(&v, "validates") ? TERM_PLAIN : TERM_BAD,
	    note_get_flag(&v, "validates")
		? _("name servers: %s")
		: _("name servers: %s: nothing validates"),
	    note_get(&v, "servers"));
	if (note_get(&v, "why")[0] != '\0')
		tree_add(
		    e->t, 2, TERM_WARN, "%s", printable(note_get(&v, "why")));
}

static void explain_tree(const struct trace *c, const struct config *config,
    const struct term *paint, const char *next_hop)
{
	struct explain e = {.c = c, .t = tree_open()};

	tree_add(e.t, 0, TERM_HEAD, "%s", next_hop);
	if (trace_answer(c)->domain.kind == DOMAIN_REFUSED) {
		tree_add(e.t, 1, TERM_PLAIN,
		    _("Nothing is looked up for this next hop: it is a parent "
		      "domain, an address, or no host name."));
		tree_add(e.t, 1, TERM_WARN, _("Verdict: %s"), "NOTFOUND");
	} else {
		add_servers(&e);
		add_dane(&e);
		add_sts(&e);
		add_verdict(&e, config);
	}
	tree_print(e.t, paint);
	tree_close(e.t);
}

static int explain_run(struct verb_context *v, int argc, char **argv)
{
	struct operands *names;
	struct trace *c;
	const char *name;
	int opt, code, worst = VERB_OK;

	while ((opt = verb_option(v, &verb_explain, argc, argv, &name)) > 0)
		continue;
	if (opt < 0)
		return -opt - 1;
	if (optind == argc)
		return verb_usage(&verb_explain, _("which DOMAIN?"));
	names = operands_open(argc - optind, argv + optind);
	c = trace_open(v);
	while ((name = operands_next(names)) != NULL) {
		trace_look(c, name);
		if (v->json)
			explain_json(c, &v->config, name);
		else
			explain_tree(c, &v->config, &v->term, name);
		code = verb_exit_code(trace_answer(c)->verdict);
		if (code > worst)
			worst = code;
	}
	if (operands_failed(names))
		worst = verb_fail(&verb_explain, VERB_UNAVAILABLE, "%m");
	trace_close(c);
	operands_close(names);
	return worst;
}

const struct verb verb_explain = {
    .name = "explain",
    .arguments = N_("DOMAIN..."),
    .summary = N_("look everything up now and show the whole way to the "
		  "verdict"),
    .run = explain_run,
};
