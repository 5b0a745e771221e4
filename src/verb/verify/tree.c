/* tree: the result of verify, for a person.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/tree.h"

#include <stdio.h>
#include <string.h>
#include "policy/tlsa.h"
#include "term/tree.h"
#include "verb/certificate.h"
#include "verb/verify/outcome.h"
#include "verb/weakdns.h"

#define TLSA_SHOWN 40 /* bytes of a record's text */
#define OTHER_MAX (REASON_MAX + 64)

/* ---- certificates ---- */

/* With DANE-EE the dates do not matter. */
static bool date_counts(
    const struct verify_host *h, const struct verify_address *a)
{
	for (size_t i = 0; i < h->n_tlsa; i++)
		if (a->tlsa[i].matches && a->tlsa[i].usage == TLSA_USAGE_EE)
			return false;
	return h->need == VERIFY_DANE || h->need == VERIFY_PKIX;
}

static void add_certificate(struct tree *t, int depth, const struct verify *v,
    const struct peer *p, size_t i, bool counts)
{
	struct description d;

	if (describe_certificate(&d, p->cert[i].der, p->cert[i].len))
		certificate_tree(t, depth, &d, i, counts, v->days);
	else
		tree_add(t, depth, TERM_BAD, _("unreadable certificate"));
	describe_clear(&d);
}

static void add_tlsa(struct tree *t, int depth, const struct verify_host *h,
    const struct verify_address *a)
{
	const struct peer *peer = &probe_result(a->probe)->peer;
	char digest[DANE_DIGEST_TEXT];

	for (size_t i = 0; i < h->n_tlsa; i++) {
		const struct dane_tlsa *r = &a->tlsa[i];
		char text[TLSA_SHOWN + 4];

		snprintf(text, sizeof text, "%.*s%s", TLSA_SHOWN,
		    h->tlsa_text[i],
		    strlen(h->tlsa_text[i]) > TLSA_SHOWN ? "..." : "");
		if (!r->usable)
			tree_add(t, depth, TERM_WARN, _("TLSA %s is unusable"),
			    text);
		else if (r->passed_over)
			tree_add(t, depth, TERM_WARN,
			    _("TLSA %s is ignored in favour of a stronger "
			      "digest"),
			    text);
		else if (r->matches)
			tree_add(
			    t, depth, TERM_GOOD, _("TLSA %s matches"), text);
		else
			tree_add(t, depth, TERM_WARN,
			    _("TLSA %s does not match"), text);
		if (r->usable && !r->matches && !r->passed_over &&
		    dane_digest(peer, r, digest))
			tree_add(t, depth + 1, TERM_PLAIN,
			    _("one that matches: %u %u %u %s"), r->usage,
			    r->selector, r->matching, digest);
	}
}

static const char *keys_word(const struct verify_address *a)
{
	return a->keys == TLS_KEYS_RSA ? "RSA" : "ECDSA";
}

/* ---- hosts ---- */

static void add_fate(struct tree *t, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);
	const char *word = outcome_word(v, h, a);

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

/* The certificate with the other kind of key: what a sender gets whose choice,
 * or the server's, falls on it. */
static void add_other(struct tree *t, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct peer *p = &probe_result(a->probe)->peer;
	const char *kind = keys_word(a);

	if (a->fate == VERIFY_DELIVERED)
		tree_add(t, 3, TERM_GOOD,
		    _("its other certificate, %s, is accepted as well"), kind);
	else
		tree_add(t, 3, TERM_WARN,
		    _("its other certificate, %s, would not be accepted: %s"),
		    kind, a->why.text);
	for (size_t i = 0; i < p->n; i++)
		add_certificate(t, 4, v, p, i, date_counts(h, a));
	add_tlsa(t, 4, h, a);
}

static void add_address(struct tree *t, const struct verify *v,
    const struct verify_host *h, const struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);

	add_fate(t, v, h, a);
	if (r->end < PROBE_LOST)
		return;
	for (size_t i = 0; i < r->peer.n; i++)
		add_certificate(t, 3, v, &r->peer, i, date_counts(h, a));
	add_tlsa(t, 3, h, a);
	if (a->other != NULL)
		add_other(t, v, h, a->other);
}

static void add_need(struct tree *t, const struct verify_host *h)
{
	const char *name = h->n_names > 0 ? h->name[0] : "";

	switch (h->need) {
	case VERIFY_NOTHING:
		tree_add(t, 2, TERM_FAINT,
		    _("TLS if it is offered, with any certificate"));
		return;
	case VERIFY_TLS:
		tree_add(t, 2, TERM_FAINT,
		    _("TLS is required, with any certificate"));
		return;
	case VERIFY_DANE:
		tree_add(t, 2, TERM_FAINT,
		    _("the certificate must match a TLSA record of %s"),
		    h->base);
		return;
	case VERIFY_PKIX:
		tree_add(t, 2, TERM_FAINT,
		    _("the certificate must be issued by a trusted CA, for %s"),
		    name);
		for (size_t i = 1; i < h->n_names; i++)
			tree_add(t, 3, TERM_FAINT, _("or %s"), h->name[i]);
		return;
	case VERIFY_SKIPPED:
		return;
	}
}

/* Without the attributes for newer Postfix, the name of the host is not checked
 * (RFC 8461 4.1 requires it). */
static bool is_odd_host(const struct verify *v, const struct verify_host *h)
{
	return v->demand.level == TLS_LEVEL_SECURE && !v->demand.sts &&
	       !sts_match_host(
		   &trace_answer(v->c)->record.sts.policy, h->host.note.name);
}

static void add_host(
    struct tree *t, const struct verify *v, const struct verify_host *h)
{
	enum verify_fate fate = outcome_host(h);
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
		      "senders, and newer Postfix with TLSRPT, skip it"));
	for (size_t i = 0; i < h->n_addresses; i++)
		add_address(t, v, h, &h->address[i]);
}

/* ---- all ---- */

static void add_sum(struct tree *t, const struct verify *v)
{
	const struct dane_branch *d = &trace_answer(v->c)->record.dane;
	size_t good;
	enum verify_fate fate = outcome_count(v, &good);

	if (v->demand.level == TLS_LEVEL_DEFER)
		tree_add(t, 1, TERM_BAD,
		    _("Mail would be deferred until the policy is known."));
	else if (trace_answer(v->c)->domain.kind == DOMAIN_REFUSED)
		tree_add(t, 1, TERM_WARN,
		    _("Nothing is looked up for this next hop: it is a parent "
		      "domain, an address, not a host name, or one of "
		      "srv-services."));
	else if (v->n_hosts == 0)
		tree_add(t, 1, TERM_WARN,
		    _("There is no MX host to connect to: %s"),
		    d->failed ? d->why.text : d->last.why.text);
	else if (fate == VERIFY_UNREACHED && outcome_unknown(v) < v->n_hosts)
		tree_add(t, 1, TERM_BAD,
		    _("It is not known whether mail would be delivered: %zu of "
		      "%zu MX hosts could not be reached, the others do not "
		      "accept it."),
		    outcome_unknown(v), v->n_hosts);
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
		      "accept it."),
		    good, v->n_hosts);
}

/* What is wrong with the other certificate of a host, "" if nothing is. */
static const char *bad_other(
    const struct verify_host *h, char text[static OTHER_MAX])
{
	text[0] = '\0';
	for (size_t i = 0; text[0] == '\0' && i < h->n_addresses; i++) {
		const struct verify_address *o = h->address[i].other;

		if (o != NULL && o->fate == VERIFY_REFUSED)
			snprintf(text, OTHER_MAX,
			    "other certificate, %s, not verified: %s",
			    keys_word(o), o->why.text);
	}
	return text;
}

/* One line: the next hop, what becomes of its mail, how many MX hosts take it,
 * and why one does not. */
void verify_brief(const struct verify *v, const char *next_hop)
{
	static const char *const words[] = {
	    [VERIFY_DELIVERED] = "delivered",
	    [VERIFY_REFUSED] = "refused",
	    [VERIFY_UNREACHED] = "unknown",
	};
	const struct answer *a = trace_answer(v->c);
	const char *why = a->why.text;
	char text[OTHER_MAX];
	size_t good;
	enum verify_fate fate = outcome_count(v, &good);

	for (size_t i = 0; why[0] == '\0' && i < v->n_hosts; i++) {
		const struct verify_host *h = v->host[i];

		if (outcome_host(h) == VERIFY_DELIVERED)
			continue;
		why = h->why.text;
		for (size_t k = 0; why[0] == '\0' && k < h->n_addresses; k++)
			why = h->address[k].why.text;
	}
	for (size_t i = 0; why[0] == '\0' && i < v->n_hosts; i++)
		why = bad_other(v->host[i], text);
	printf("%s\t", next_hop);
	term_put(&v->v->term, fate == VERIFY_DELIVERED ? TERM_GOOD : TERM_BAD,
	    "%s", words[fate]);
	printf("\t%zu/%zu%s%s\n", good, v->n_hosts, why[0] != '\0' ? "\t" : "",
	    why);
}

void verify_tree(const struct verify *v, const char *next_hop)
{
	const char *reply =
	    trace_reply(v->c, (size_t)(v->map - v->v->config.maps));
	struct weakdns_walk walk = {0};
	struct tree *t = tree_open();
	struct note_answer answer;
	char weak[WEAKDNS_MAX];

	tree_add(t, 0, TERM_HEAD, "%s", next_hop);
	tree_add(t, 1, TERM_PLAIN, "%s: %s", v->map->name, reply);
	for (size_t i = 0; i < v->n_hosts; i++)
		add_host(t, v, v->host[i]);
	while (weakdns_next(v->c, &walk, &answer, weak))
		tree_add(t, 1, TERM_WARN, "%s %s: %s",
		    dnsword_type(answer.type), answer.name, weak);
	add_sum(t, v);
	tree_print(t, &v->v->term);
	tree_close(t);
}
