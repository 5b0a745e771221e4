/* hosts: the MX hosts, their addresses and TLSA records, and what Postfix
 * requires of each.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/hosts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "policy/tlsa.h"
#include "verb/rrtext.h"

/* ---- addresses ---- */

static void add_address(const struct verify *v, struct verify_host *h,
    int family, const void *bytes)
{
	struct verify_address *a = &h->address[h->n_addresses];

	if (h->n_addresses == VERIFY_ADDRESSES_MAX ||
	    (v->family != AF_UNSPEC && v->family != family))
		return;
	inet_ntop(family, bytes, a->text, sizeof a->text);
	h->n_addresses++;
}

/* Some MX records contain addresses, and Postfix connects to them. */
static void add_address_as_name(const struct verify *v, struct verify_host *h)
{
	struct in6_addr buf;

	if (inet_pton(AF_INET, h->host.note.name, &buf) == 1)
		add_address(v, h, AF_INET, &buf);
	else if (inet_pton(AF_INET6, h->host.note.name, &buf) == 1)
		add_address(v, h, AF_INET6, &buf);
}

/* ---- TLSA ---- */

static void add_tlsa(struct verify_host *h, const struct note_record *r)
{
	if (h->n_tlsa == VERIFY_TLSA_MAX || !r->readable)
		return;
	h->tlsa_text[h->n_tlsa] = rrtext_tlsa(r->data, r->len);
	h->tlsa[h->n_tlsa++] = (struct dane_tlsa){.usage = r->data[0],
	    .selector = r->data[1],
	    .matching = r->data[2],
	    .data = r->data + TLSA_DATA_OFFSET,
	    .len = r->len - TLSA_DATA_OFFSET,
	    .usable = r->usable};
}

/* The base domain of "_25._tcp.mx.example.com". */
static const char *base_of(const struct note_answer *a)
{
	const char *dot = strchr(a->name, '.');

	dot = dot != NULL ? strchr(dot + 1, '.') : NULL;
	return dot != NULL ? dot + 1 : "";
}

static bool is_of(const struct note_answer *a, const struct verify_host *h)
{
	return a->part == NOTE_PART_HOST &&
	       strcmp(a->host, h->host.note.name) == 0;
}

static bool is_secure_tlsa(const struct note_answer *a)
{
	return a->type == DNS_TLSA && a->outcome == DNS_SECURE;
}

/* The host's TLSA records are where its CNAMEs lead to, if there are any, else
 * at its own name (RFC 7672 2.2.3). */
static void find_base(const struct verify *v, struct verify_host *h)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(v->c, &pos, NOTE_ANSWER, &n)) {
		const char *base = base_of(&n.answer);

		if (is_of(&n.answer, h) && is_secure_tlsa(&n.answer) &&
		    n.answer.content == DNS_DATA &&
		    (h->base[0] == '\0' ||
			strcmp(base, h->host.note.name) != 0))
			h->base = base;
	}
}

static void add_record(const struct verify *v, struct verify_host *h,
    const struct note_record *r, bool at_base)
{
	if (r->type == DNS_A)
		add_address(v, h, AF_INET, r->data);
	else if (r->type == DNS_AAAA)
		add_address(v, h, AF_INET6, r->data);
	else if (r->type == DNS_TLSA && at_base)
		add_tlsa(h, r);
}

static void add_records(const struct verify *v, struct verify_host *h)
{
	struct note n;
	size_t pos = 0;

	while (trace_next(v->c, &pos, NOTE_ANSWER, &n)) {
		bool at_base = is_secure_tlsa(&n.answer) &&
			       strcmp(base_of(&n.answer), h->base) == 0;

		if (!is_of(&n.answer, h))
			continue;
		while (trace_follow(v->c, &pos, NOTE_RECORD, &n))
			add_record(v, h, &n.record, at_base);
	}
}

/* ---- what is required ---- */

static void skip(struct verify_host *h, const char *why)
{
	h->need = VERIFY_SKIPPED;
	h->unknown = false;
	reason_set(&h->why, "%s", why);
}

/* The next lookup may have another result. */
static void skip_unknown(struct verify_host *h, const char *why)
{
	skip(h, why);
	h->unknown = true;
}

static void need_dane(const struct verify *v, struct verify_host *h)
{
	bool only = v->demand.level == TLS_LEVEL_DANE_ONLY;

	switch (h->host.note.status) {
	case HOST_USABLE:
		h->need = VERIFY_DANE;
		break;
	case HOST_UNUSABLE:
		if (only)
			skip(h, "TLSA records unusable");
		else
			h->need = VERIFY_TLS;
		break;
	case HOST_ERROR:
		skip_unknown(h, "TLSA lookup error");
		break;
	case HOST_NONE:
	case HOST_ABSENT:
		if (only)
			skip(h, "no TLSA records found");
		break;
	}
}

static void add_name(struct verify_host *h, const char *name)
{
	if (name[0] == '\0')
		return;
	for (size_t i = 0; i < h->n_names; i++)
		if (strcmp(h->name[i], name) == 0)
			return;
	h->name = xgrow(h->name, h->n_names, &h->room, sizeof *h->name);
	h->name[h->n_names++] = name;
}

/* The names that are accepted in the certificate, and the SNI. */
static void set_names(const struct verify *v, struct verify_host *h)
{
	switch (h->need) {
	case VERIFY_DANE:
		/* RFC 7672 3.2.2 */
		h->sni = h->base;
		add_name(h, h->base);
		add_name(h, v->mx_name[1]);
		add_name(h, v->mx_name[0]);
		break;
	case VERIFY_PKIX:
		h->sni = v->demand.servername ? h->host.note.name : NULL;
		if (v->demand.sts)
			add_name(h, h->host.note.name);
		else
			for (size_t i = 0; i < v->demand.n_match; i++)
				add_name(h, v->demand.match[i]);
		break;
	case VERIFY_NOTHING:
	case VERIFY_TLS:
	case VERIFY_SKIPPED:
		add_name(h, h->host.note.name);
		break;
	}
}

static void set_need(const struct verify *v, struct verify_host *h)
{
	h->need = VERIFY_NOTHING;
	if (v->demand.level == TLS_LEVEL_DANE ||
	    v->demand.level == TLS_LEVEL_DANE_ONLY)
		need_dane(v, h);
	else if (v->demand.level == TLS_LEVEL_SECURE)
		h->need = VERIFY_PKIX;
	else if (v->demand.level == TLS_LEVEL_DEFER)
		skip_unknown(h, "mail is deferred until the policy is known");
	if (!tls_level_allows(&v->demand, h->host.note.name))
		skip(h, "the MTA-STS policy does not name this MX host");
	else if (h->host.note.status == HOST_ABSENT)
		skip(h, "no address");
	else if (h->n_addresses == 0 && h->need != VERIFY_SKIPPED)
		skip_unknown(h, v->family == AF_UNSPEC
				    ? "its addresses could not be determined"
				    : "no address of the requested family");
	set_names(v, h);
}

/* ---- all ---- */

static struct verify_host *new_host(const struct trace_host *host)
{
	struct verify_host *h = xcalloc(1, sizeof *h);

	h->host = *host;
	h->base = "";
	h->address = xcalloc(VERIFY_ADDRESSES_MAX, sizeof *h->address);
	return h;
}

/* Is the MX RRset secure, and which names of the domain are accepted? */
static void read_mx(struct verify *v)
{
	struct note n;
	size_t pos = 0;

	v->mx_secure = true; /* there is no MX lookup for [host] */
	v->mx_name[0] = v->mx_name[1] = "";
	while (trace_next(v->c, &pos, NOTE_ANSWER, &n)) {
		if (n.answer.part != NOTE_PART_MX)
			continue;
		v->mx_secure = n.answer.outcome == DNS_SECURE;
		if (n.answer.outcome == DNS_FAILED ||
		    n.answer.content != DNS_DATA)
			continue; /* Postfix takes them from MX records */
		v->mx_name[0] = n.answer.name;
		v->mx_name[1] = n.answer.alias;
	}
}

void verify_gather(struct verify *v)
{
	static struct trace_host host[VERIFY_HOSTS_MAX];
	const struct domain *d = &trace_answer(v->c)->domain;

	tls_level_read(&v->demand,
	    trace_reply(v->c, (size_t)(v->map - v->v->config.maps)));
	v->to_port = v->port != 0   ? v->port
		     : d->port != 0 ? d->port
				    : DOMAIN_SMTP_PORT;
	read_mx(v);
	v->n_hosts = trace_hosts(v->c, host, VERIFY_HOSTS_MAX);
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct verify_host *h = v->host[i] = new_host(&host[i]);

		find_base(v, h);
		add_records(v, h);
		add_address_as_name(v, h);
		set_need(v, h);
	}
}

void verify_forget(struct verify *v)
{
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct verify_host *h = v->host[i];

		for (size_t j = 0; j < h->n_addresses; j++) {
			probe_close(h->address[j].probe);
			if (h->address[j].other == NULL)
				continue;
			probe_close(h->address[j].other->probe);
			free(h->address[j].other);
		}
		for (size_t j = 0; j < h->n_tlsa; j++)
			free(h->tlsa_text[j]);
		free(h->address);
		free(h->name);
		free(h);
	}
	v->n_hosts = 0;
	tls_level_clear(&v->demand);
}
