/* domain: what a domain publishes, compared with its MX hosts.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/domain.h"

#include <string.h>
#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "policy/domain.h"
#include "term/duration.h"
#include "verb/certificate.h"
#include "verb/lint/text.h"
#include "verb/weakdns.h"
#include "x509/describe.h"

#define HOSTS_MAX 128
/* Resolvers cache for at most a day, and show the rest of the TTL. */
#define TTL_LONG 43200
/* Exchange Online fails with more (seen in the field). */
#define TLSA_MANY 12

struct look {
	struct lint *l;
	const struct trace *c;
	const char *domain; /* the policy domain, A-labels */
};

static void name_source(struct lint_source *s, const char *before,
    const char *domain, const char *behind)
{
	memset(s, 0, sizeof *s);
	snprintf(s->name, sizeof s->name, "%s%s%s", before, domain, behind);
}

/* A failure that prevents a check. */
static void tell_unknown(struct look *k, const char *id,
    const struct lint_source *s, const struct reason *why)
{
	lint_tell(k->l, LINT_WARNING, id, s, 0, 0,
	    _("could not be determined: %s"), why->text);
	k->l->unknown = true;
}

/* ---- TXT ---- */

/* Is the text meant to be an MTA-STS record? */
static bool is_meant(const char *text, size_t len)
{
	static const char version[] = "stsv1";
	size_t n = sizeof version - 1;

	if (len >= 5 && ascii_equal(text, "v=sts", 5))
		return true;
	for (size_t i = 0; i + n <= len; i++)
		if (ascii_equal(text + i, version, n))
			return true;
	return false;
}

/* Check the records at the name; returns how many are MTA-STS records.  *meant:
 * at least one is meant to be. */
static size_t lint_records(
    struct look *k, size_t *pos, struct lint_source *s, bool *meant)
{
	char id[STS_ID_MAX + 1];
	struct note v;
	size_t n = 0;

	while (trace_follow(k->c, pos, NOTE_RECORD, &v)) {
		s->text = (const char *)v.record.data;
		s->len = v.record.len;
		if (!v.record.readable || !is_meant(s->text, s->len)) {
			lint_tell(k->l, LINT_NOTE, "txt-other", s, 0, 0,
			    _("there is another TXT record at this name; "
			      "senders ignore it"));
			continue;
		}
		*meant = true;
		if (lint_txt_text(k->l, s, id) != STS_TXT_OTHER)
			n++;
	}
	s->text = NULL;
	return n;
}

/* false: there is no MTA-STS record. */
static bool lint_txt(struct look *k)
{
	struct lint_source s;
	struct note v;
	size_t pos = 0, n = 0;
	bool any = false;

	name_source(&s, "_mta-sts.", k->domain, " TXT");
	while (trace_next(k->c, &pos, NOTE_ANSWER, &v)) {
		if (v.answer.part != NOTE_PART_TXT)
			continue;
		if (v.answer.outcome == DNS_FAILED) {
			tell_unknown(k, "txt-unknown", &s, &v.answer.why);
			return true;
		}
		if (v.answer.ttl > TTL_LONG)
			lint_tell(k->l, LINT_NOTE, "txt-ttl", &s, 0, 0,
			    _("the TTL is %lld seconds: senders do not notice "
			      "a new policy for that long"),
			    (long long)v.answer.ttl);
		n += lint_records(k, &pos, &s, &any);
	}
	if (n > 1)
		lint_tell(k->l, LINT_ERROR, "txt-several", &s, 0, 0,
		    _("%zu MTA-STS records: senders treat them as none"), n);
	if (!any)
		lint_tell(k->l, LINT_NOTE, "txt-absent", &s, 0, 0,
		    _("no MTA-STS record: senders do not look for a policy"));
	return any;
}

/* ---- HTTPS ---- */

static void lint_certificate(struct look *k, const struct lint_source *s,
    const struct note_certificate *n)
{
	char left[DURATION_MAX], date[DURATION_MAX];
	int64_t now = clock_now();
	struct description d;

	if (n->place == 0 && describe_certificate(&d, n->der, n->len)) {
		if (d.expires >= now && certificate_is_old(&d, now, 0))
			lint_tell(k->l, LINT_WARNING, "certificate-expires", s,
			    0, 0, _("the certificate expires on %s, in %s"),
			    duration_date(d.expires, date),
			    duration_text(d.expires - now, left));
		describe_clear(&d);
	}
}

static void lint_certificates(struct look *k, const struct lint_source *s)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(k->c, &pos, NOTE_CERTIFICATE, &n))
		lint_certificate(k, s, &n.certificate);
}

/* The result of the fetch, except for what the text of the file shows. */
static void lint_outcome(
    struct look *k, const struct lint_source *s, bool has_text)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(k->c, &pos, NOTE_POLICY, &n)) {
		const struct note_policy *p = &n.policy;
		enum sts_failure failure = sts_failure_of(p->why.cause);

		/* Without an id it was the TXT record, reported above. */
		if (p->outcome != NOTE_OUTCOME_FAILED || p->id[0] == '\0' ||
		    (failure == STS_FAILURE_INVALID && has_text))
			continue;
		if (!cause_is_domains(p->why.cause)) {
			tell_unknown(k, "policy-unknown", s, &p->why);
			continue;
		}
		/* The finding has the name of the RFC 8460 4.3 class. */
		lint_tell(k->l, LINT_ERROR, sts_failure_name(failure), s, 0, 0,
		    "%s", p->why.text);
	}
}

/* ---- MX hosts ---- */

static bool any_matches(const struct lint_policy *p, const char *host)
{
	for (size_t i = 0; i < p->n_mx; i++)
		if (domain_match(
			p->mx[i].pattern, strlen(p->mx[i].pattern), host))
			return true;
	return false;
}

/* Each host must match the policy, and each mx line should match a host. */
static void lint_match(struct look *k, const struct lint_policy *p,
    const struct lint_source *policy, const struct lint_source *mx,
    const struct trace_host *host, size_t n)
{
	bool enforced = p->valid && p->policy.mode == STS_MODE_ENFORCE;

	for (size_t i = 0; i < n; i++)
		if (!any_matches(p, host[i].note.name))
			lint_tell(k->l, enforced ? LINT_ERROR : LINT_WARNING,
			    "mx-not-in-policy", mx, 0, 0,
			    enforced ? _("%s matches no mx line of the policy: "
					 "senders do not deliver to it")
				     : _("%s matches no mx line of the policy"),
			    host[i].note.name);
	for (size_t i = 0; i < p->n_mx; i++) {
		const struct lint_mx *m = &p->mx[i];
		bool used = false;

		for (size_t j = 0; j < n; j++)
			used =
			    used || domain_match(m->pattern, strlen(m->pattern),
					host[j].note.name);
		if (!used)
			lint_tell(k->l, LINT_WARNING, "mx-unused", policy,
			    m->line, m->column,
			    _("\"%s\" matches no MX host of the domain"),
			    m->pattern);
	}
}

/* Aliases and hosts without an address. */
static void lint_hosts(struct look *k, const struct lint_source *mx,
    const struct trace_host *host, size_t n)
{
	const char *last = "";
	struct note v;
	size_t pos = 0;

	for (size_t i = 0; i < n; i++)
		if (host[i].note.status == HOST_ABSENT)
			lint_tell(k->l, LINT_WARNING, "mx-no-address", mx, 0, 0,
			    _("%s has no address"), host[i].note.name);
	while (trace_next(k->c, &pos, NOTE_ANSWER, &v)) {
		const struct note_answer *a = &v.answer;

		if (a->part != NOTE_PART_HOST || a->type != DNS_A ||
		    a->alias[0] == '\0' || strcmp(a->host, last) == 0)
			continue;
		last = a->host;
		lint_tell(k->l, LINT_NOTE, "mx-alias", mx, 0, 0,
		    _("%s is an alias (CNAME), which RFC 5321 does not allow "
		      "for an MX host"),
		    last);
	}
}

/* Too many TLSA records for the resolvers of some senders. */
static void lint_tlsa(struct look *k, const struct lint_source *mx)
{
	struct note v, record;
	size_t pos = 0;

	while (trace_next(k->c, &pos, NOTE_ANSWER, &v)) {
		size_t n = 0;

		if (v.answer.part != NOTE_PART_HOST ||
		    v.answer.type != DNS_TLSA)
			continue;
		while (trace_follow(k->c, &pos, NOTE_RECORD, &record))
			n++;
		if (n > TLSA_MANY)
			lint_tell(k->l, LINT_WARNING, "tlsa-many", mx, 0, 0,
			    _("%s has %zu TLSA records; mail from some large "
			      "senders fails if there are more than %d"),
			    v.answer.host, n, TLSA_MANY);
	}
}

/* Signatures and denials that some senders do not believe. */
static void lint_weak(struct look *k, const struct lint_source *mx)
{
	struct weakdns_walk walk = {0};
	struct note_answer answer;
	char text[WEAKDNS_MAX];

	while (weakdns_next(k->c, &walk, &answer, text))
		lint_tell(k->l, LINT_WARNING,
		    answer.sha1 != 0 ? "dnssec-sha1" : "nsec3-iterations", mx,
		    0, 0, "%s %s: %s", dnsword_type(answer.type), answer.name,
		    text);
}

/* There is no MX lookup for [host]. */
static void mx_source(const struct look *k, struct lint_source *mx)
{
	name_source(mx, "", k->domain,
	    trace_answer(k->c)->domain.kind == DOMAIN_MX ? " MX" : "");
}

/* Of DANE, also where there is no MTA-STS. */
static void lint_dane(struct look *k)
{
	struct lint_source mx;

	mx_source(k, &mx);
	lint_tlsa(k, &mx);
	lint_weak(k, &mx);
}

/* Is there an MX answer to compare the policy with? */
static bool has_mx(struct look *k, const struct lint_source *mx)
{
	struct note v;
	size_t pos = 0;

	while (trace_next(k->c, &pos, NOTE_ANSWER, &v))
		if (v.answer.part == NOTE_PART_MX &&
		    v.answer.outcome == DNS_FAILED) {
			tell_unknown(k, "mx-unknown", mx, &v.answer.why);
			return false;
		}
	return true;
}

static void lint_mx(struct look *k, const struct lint_policy *p,
    const struct lint_source *policy)
{
	static struct trace_host host[HOSTS_MAX];
	struct lint_source mx;
	size_t n;

	mx_source(k, &mx);
	if (!has_mx(k, &mx))
		return;
	n = trace_hosts(k->c, host, HOSTS_MAX);
	if (n == 0) {
		lint_tell(k->l, LINT_NOTE, "no-mail", &mx, 0, 0,
		    _("the domain takes no mail"));
		return;
	}
	lint_hosts(k, &mx, host, n);
	if (p->n_mx > 0 && (!p->valid || p->policy.mode != STS_MODE_NONE))
		lint_match(k, p, policy, &mx, host, n);
}

/* ---- all ---- */

static void lint_published(
    struct look *k, struct lint_policy *p, struct lint_source *s)
{
	struct note body;
	size_t pos = 0;
	bool any = trace_next(k->c, &pos, NOTE_BODY, &body);

	name_source(
	    s, "https://mta-sts.", k->domain, "/.well-known/mta-sts.txt");
	lint_certificates(k, s);
	lint_outcome(k, s, any);
	memset(p, 0, sizeof *p);
	if (!any)
		return;
	s->text = body.body.text;
	s->len = body.body.len;
	lint_policy_text(k->l, s, p);
}

void lint_domain(struct lint *l, struct trace *c,
    const struct lint_source *policy, const struct lint_source *txt)
{
	const struct domain *d = &trace_answer(c)->domain;
	struct look k = {l, c, d->name};
	struct lint_source published = {.text = NULL}, refused;
	char id[STS_ID_MAX + 1];
	struct lint_policy p;

	if (d->kind == DOMAIN_REFUSED) {
		memset(&refused, 0, sizeof refused);
		text_printable(refused.name, sizeof refused.name, l->target,
		    strlen(l->target));
		lint_tell(l, LINT_ERROR, "no-domain", &refused, 0, 0,
		    _("not a domain that can have a policy"));
		return;
	}
	if (txt != NULL)
		(void)lint_txt_text(l, txt, id);
	else /* an unpublished policy needs no record yet */
		l->absent = !lint_txt(&k) && policy == NULL;
	if (policy != NULL)
		lint_policy_text(l, policy, &p);
	else
		lint_published(&k, &p, &published);
	lint_dane(&k);
	if (!l->absent)
		lint_mx(&k, &p, policy != NULL ? policy : &published);
	lint_policy_clear(&p);
}
