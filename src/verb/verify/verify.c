/* verify: try to hand mail over to each MX host, up to where mail would
 * follow.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/verify.h"

#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "policy/tlsa.h"
#include "term/tree.h"
#include "verb/certificate.h"
#include "verb/operands.h"
#include "verb/verify/chain.h"

#define TIMEOUT_DEFAULT 30
#define TIMEOUT_MAX 600
#define TLSA_SHOWN 40 /* bytes of a record's text */

/* ---- certificates ---- */

/* DANE-EE asks for no date, whatever the certificate says. */
static bool date_counts(
    const struct verify_host *h, const struct verify_address *a)
{
	for (size_t i = 0; i < h->n_tlsa; i++)
		if (a->tlsa[i].matches && a->tlsa[i].usage == TLSA_USAGE_EE)
			return false;
	return h->need == VERIFY_DANE || h->need == VERIFY_PKIX;
}

static void add_certificate(
    struct tree *t, const struct peer *p, size_t i, bool counts)
{
	struct description d;

	if (describe_certificate(&d, p->cert[i].der, p->cert[i].len))
		certificate_tree(t, 3, &d, i, counts);
	else
		tree_add(
		    t, 3, TERM_BAD, _("a certificate that cannot be read"));
	describe_clear(&d);
}

static void add_tlsa(
    struct tree *t, const struct verify_host *h, const struct verify_address *a)
{
	for (size_t i = 0; i < h->n_tlsa; i++) {
		const struct dane_tlsa *r = &a->tlsa[i];
		char text[TLSA_SHOWN + 4];

		snprintf(text, sizeof text, "%.*s%s", TLSA_SHOWN,
		    h->tlsa_text[i],
		    strlen(h->tlsa_text[i]) > TLSA_SHOWN ? "..." : "");
		if (!r->usable)
			tree_add(
			    t, 3, TERM_WARN, _("TLSA %s cannot be used"), text);
		else if (r->passed_over)
			tree_add(t, 3, TERM_WARN,
			    _("TLSA %s is passed over for a stronger digest"),
			    text);
		else if (r->matches)
			tree_add(t, 3, TERM_GOOD, _("TLSA %s matches"), text);
		else
			tree_add(t, 3, TERM_WARN, _("TLSA %s matches nothing"),
			    text);
	}
}

/* ---- hosts ---- */

static void add_fate(struct tree *t, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);
	const char *word = verify_word(v, h, a);

	if (a->fate == VERIFY_UNREACHED)
		tree_add(t, 2, TERM_BAD, _("%s: no connection: %s"), a->text,
		    a->why.text);
	else if (a->fate == VERIFY_REFUSED)
		tree_add(t, 2, TERM_BAD,
		    _("%s: mail would not be delivered: %s"), a->text,
		    a->why.text);
	else if (word[0] == '\0')
		tree_add(t, 2, TERM_WARN,
		    _("%s: mail would be delivered without TLS: %s"), a->text,
		    a->why.text);
	else
		tree_add(t, 2, TERM_GOOD,
		    _("%s: mail would be delivered: %s TLS connection"),
		    a->text, word);
	if (word[0] == '\0')
		return;
	if (a->fate != VERIFY_DELIVERED)
		tree_add(t, 3, TERM_PLAIN, _("%s TLS connection"), word);
	tree_add(t, 3, TERM_PLAIN, "%s, %s", r->peer.version, r->peer.cipher);
}

static void add_address(struct tree *t, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);

	add_fate(t, v, h, a);
	if (r->end < PROBE_LOST)
		return;
	for (size_t i = 0; i < r->peer.n; i++)
		add_certificate(t, &r->peer, i, date_counts(h, a));
	add_tlsa(t, h, a);
}

static void add_need(struct tree *t, const struct verify_host *h)
{
	const char *name = h->n_names > 0 ? h->name[0] : "";

	switch (h->need) {
	case VERIFY_NOTHING:
		tree_add(t, 2, TERM_FAINT,
		    _("TLS where it is offered, any certificate will do"));
		return;
	case VERIFY_TLS:
		tree_add(t, 2, TERM_FAINT,
		    _("TLS is needed, any certificate will do"));
		return;
	case VERIFY_DANE:
		tree_add(t, 2, TERM_FAINT,
		    _("the certificate has to match a TLSA record of %s"),
		    h->base);
		return;
	case VERIFY_PKIX:
		tree_add(t, 2, TERM_FAINT,
		    _("the certificate has to be one of a known CA, for %s"),
		    name);
		for (size_t i = 1; i < h->n_names; i++)
			tree_add(t, 3, TERM_FAINT, _("or %s"), h->name[i]);
		return;
	case VERIFY_SKIPPED:
		return;
	}
}

/* Without the attributes of newer Postfix, the host itself is not looked at
 * (RFC 8461 4.1 wants it). */
static bool is_odd_host(const struct verify *v, const struct verify_host *h)
{
	return v->demand.level == TLS_LEVEL_SECURE && !v->demand.sts &&
	       !sts_match_host(
		   &trace_answer(v->c)->record.sts.policy, h->host.note.name);
}

static void add_host(
    struct tree *t, const struct verify *v, const struct verify_host *h)
{
	enum verify_fate fate = verify_host_fate(h);
	char name[DOMAIN_MAX + 32];

	snprintf(name, sizeof name, "%s", h->host.note.name);
	if (h->host.preference >= 0)
		snprintf(name, sizeof name, "%s (%d)", h->host.note.name,
		    h->host.preference);
	if (h->need == VERIFY_SKIPPED) {
		tree_add(t, 1, TERM_BAD, _("%s: gets no mail: %s"), name,
		    h->why.text);
		return;
	}
	tree_add(t, 1, fate == VERIFY_DELIVERED ? TERM_GOOD : TERM_BAD,
	    fate == VERIFY_DELIVERED ? _("%s: mail would be delivered")
	    : fate == VERIFY_REFUSED ? _("%s: mail would not be delivered")
				     : _("%s: cannot be reached"),
	    name);
	if (h->late)
		tree_add(t, 2, TERM_WARN, "%s", h->why.text);
	add_need(t, h);
	if (is_odd_host(v, h))
		tree_add(t, 2, TERM_WARN,
		    _("the MTA-STS policy does not name this MX host; other "
		      "senders, and newer Postfix with TLSRPT, pass it by"));
	for (size_t i = 0; i < h->n_addresses; i++)
		add_address(t, v, h, &h->address[i]);
}

/* ---- all ---- */

static void add_sum(struct tree *t, const struct verify *v)
{
	const struct dane_branch *d = &trace_answer(v->c)->record.dane;
	size_t good;
	enum verify_fate fate = verify_count(v, &good);

	if (v->demand.level == TLS_LEVEL_DEFER)
		tree_add(t, 1, TERM_BAD, _("Mail would wait for its policy."));
	else if (trace_answer(v->c)->domain.kind == DOMAIN_REFUSED)
		tree_add(t, 1, TERM_WARN,
		    _("Nothing is looked up for this next hop: it is a parent "
		      "domain, an address, or no host name."));
	else if (v->n_hosts == 0)
		tree_add(t, 1, TERM_WARN,
		    _("There is no MX host to connect to: %s"),
		    d->failed ? d->why.text : d->last.why.text);
	else if (fate == VERIFY_UNREACHED)
		tree_add(
		    t, 1, TERM_BAD, _("No MX host can be reached from here."));
	else if (fate == VERIFY_REFUSED)
		tree_add(t, 1, TERM_BAD, _("Mail would not be delivered."));
	else if (good == v->n_hosts)
		tree_add(t, 1, TERM_GOOD, _("Mail would be delivered."));
	else
		tree_add(t, 1, TERM_WARN,
		    _("Mail would be delivered, but only %zu of %zu MX hosts "
		      "take it."),
		    good, v->n_hosts);
}

static void verify_tree(const struct verify *v, const char *next_hop)
{
	const char *reply =
	    trace_reply(v->c, (size_t)(v->map - v->v->config.maps));
	struct tree *t = tree_open();

	tree_add(t, 0, TERM_HEAD, "%s", next_hop);
	tree_add(t, 1, TERM_PLAIN, "%s: %s", v->map->name, reply);
	for (size_t i = 0; i < v->n_hosts; i++)
		add_host(t, v, v->host[i]);
	add_sum(t, v);
	tree_print(t, &v->v->term);
	tree_close(t);
}

static int exit_code(const struct verify *v)
{
	size_t good;

	switch (verify_count(v, &good)) {
	case VERIFY_DELIVERED:
		return VERB_OK;
	case VERIFY_REFUSED:
		return VERB_BAD;
	case VERIFY_UNREACHED:
		break;
	}
	return VERB_TEMP;
}

static int verify_one(struct verify *v, const char *next_hop)
{
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), ours;
	int code;

	trace_look(v->c, next_hop);
	verify_gather(v);
	/* Reasons are kept in the words that Postfix logs, and those of the
	 * libraries must be of the same language. */
	ours = uselocale(plain);
	verify_try(v);
	uselocale(ours);
	if (plain != (locale_t)0)
		freelocale(plain);
	if (v->v->json)
		verify_json(v, next_hop);
	else
		verify_tree(v, next_hop);
	code = exit_code(v);
	verify_forget(v);
	return code;
}

/* ---- the command line ---- */

enum { OPTION_MAP = 1, OPTION_PORT, OPTION_TIMEOUT, OPTION_IPV4, OPTION_IPV6 };

static const struct verb_option options[] = {
    {OPTION_MAP, "map", N_("NAME"),
	N_("what Postfix does with the answers of this map; without it, of "
	   "the first that has the attributes of TLSRPT")},
    {OPTION_PORT, "port", N_("PORT"),
	N_("connect to this port, not to that of DOMAIN or 25; the TLSA "
	   "records stay those of DOMAIN's")},
    {OPTION_TIMEOUT, "timeout", N_("SECONDS"),
	N_("give each address so long, 30 without it")},
    {OPTION_IPV4, "ipv4", NULL, N_("IPv4 addresses only")},
    {OPTION_IPV6, "ipv6", NULL, N_("IPv6 addresses only")},
    {0},
};

/* A number from 1 to max, else 0. */
static long number(const char *text, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end == '\0' && end != text && n > 0 && n <= max ? n : 0;
}

/* The map whose answers have all that RFC 8461 asks for, else the first. */
static const struct config_map *default_map(const struct config *c)
{
	for (size_t i = 0; i < c->n_maps; i++)
		if (c->maps[i].tlsrpt)
			return &c->maps[i];
	return &c->maps[0];
}

/* 0, or what run() returns. */
static int take_option(struct verify *v, int letter, const char *value)
{
	switch (letter) {
	case OPTION_MAP:
		v->map = config_map(&v->v->config, value, strlen(value));
		if (v->map == NULL)
			return verb_usage(
			    &verb_verify, _("no map is named %s"), value);
		break;
	case OPTION_PORT:
		v->port = (uint16_t)number(value, UINT16_MAX);
		if (v->port == 0)
			return verb_usage(&verb_verify,
			    _("--port is a number from 1 to 65535, not %s"),
			    value);
		break;
	case OPTION_TIMEOUT:
		v->timeout_ms = number(value, TIMEOUT_MAX) * 1000;
		if (v->timeout_ms == 0)
			return verb_usage(&verb_verify,
			    _("--timeout is a number of seconds from 1 to "
			      "%d, not %s"),
			    TIMEOUT_MAX, value);
		break;
	case OPTION_IPV4:
		v->family = AF_INET;
		break;
	case OPTION_IPV6:
		v->family = AF_INET6;
		break;
	}
	return 0;
}

static int verify_run(struct verb_context *context, int argc, char **argv)
{
	static struct verify v;
	struct operands *names;
	const char *value;
	int opt, code, worst = VERB_OK;

	v = (struct verify){.v = context,
	    .map = default_map(&context->config),
	    .family = AF_UNSPEC,
	    .timeout_ms = TIMEOUT_DEFAULT * 1000};
	while ((opt = verb_option(context, &verb_verify, argc, argv, &value)) >
	       0) {
		code = take_option(&v, opt, value);
		if (code != 0)
			return code;
	}
	if (opt < 0)
		return -opt - 1;
	if (optind == argc)
		return verb_usage(&verb_verify, _("which DOMAIN?"));
	v.store = chain_open_store(context->config.ca_file, &v.store_why);
	if (v.store == NULL)
		verb_fail(&verb_verify, 0,
		    _("no certificate authorities from %s: %s"),
		    context->config.ca_file[0] != '\0' ? context->config.ca_file
						       : _("the system"),
		    v.store_why.text);
	names = operands_open(argc - optind, argv + optind);
	v.c = trace_open(context);
	while ((value = operands_next(names)) != NULL) {
		code = verify_one(&v, value);
		if (code > worst)
			worst = code;
	}
	if (operands_failed(names))
		worst = verb_fail(&verb_verify, VERB_UNAVAILABLE, "%m");
	trace_close(v.c);
	operands_close(names);
	chain_close_store(v.store);
	return worst;
}

const struct verb verb_verify = {
    .name = "verify",
    .arguments = N_("DOMAIN..."),
    .summary = N_("connect to the MX hosts as Postfix would and check "
		  "their certificates; sends no mail"),
    .options = options,
    .run = verify_run,
};
