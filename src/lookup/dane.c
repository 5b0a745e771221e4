/* dane: the DANE branch of a domain (RFC 7672).
 * SPDX-License-Identifier: MIT */
#include "lookup/dane.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "lookup/danehost.h"

#define MX_HOST_OFFSET 2 /* after the preference */

struct slot {
	struct dane *d;
	struct danehost *host; /* NULL: done */
};

struct dane {
	struct dns *dns;
	const struct notes *notes;
	void (*done)(void *arg, const struct dane_finding *f);
	void *arg;
	struct dns_query *mx;
	struct dane_finding finding;
	uint16_t port;
	size_t n, open; /* hosts, and those that are not done yet */
	struct slot slot[DANE_HOSTS_MAX];
	char name[DOMAIN_MAX + 1];
};

static void finish(struct dane *d)
{
	void (*done)(void *, const struct dane_finding *) = d->done;
	struct dane_finding finding = d->finding;
	void *arg = d->arg;

	if (finding.ttl == DNS_TTL_MAX)
		finding.ttl = 0; /* nothing was determined */
	dane_cancel(d);
	done(arg, &finding);
}

static void use_ttl(struct dane *d, uint32_t ttl)
{
	if (ttl < d->finding.ttl)
		d->finding.ttl = ttl;
}

static void host_done(void *arg, const struct danehost_result *r)
{
	struct slot *s = arg;
	struct dane *d = s->d;

	s->host = NULL;
	d->open--;
	verdict_count(&d->finding, r->host);
	use_ttl(d, r->ttl);
	if (r->host == HOST_ERROR && d->finding.why.cause == CAUSE_NONE)
		d->finding.why = r->why;
	if (d->open == 0)
		finish(d);
}

static void start_host(struct dane *d, const char *name)
{
	struct slot *s = &d->slot[d->n++];

	s->d = d;
	d->open++;
	s->host = danehost_start(d->dns, name, d->port, d->notes, host_done, s);
}

static uint16_t preference(const struct dns_rr *rr)
{
	return (uint16_t)(rr->data[0] << 8 | rr->data[1]);
}

/* By preference, then by name; so equal hosts are neighbours only if they have
 * equal preferences. */
static int compare(const void *a, const void *b)
{
	const struct dns_rr *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->data, y->data, len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

static bool is_repeated(const struct dns_answer *a, size_t i)
{
	const struct dns_rr *rr = &a->rr[i];

	for (size_t j = 0; j < i; j++)
		if (a->rr[j].len == rr->len &&
		    memcmp(a->rr[j].data + MX_HOST_OFFSET,
			rr->data + MX_HOST_OFFSET,
			rr->len - MX_HOST_OFFSET) == 0)
			return true;
	return false;
}

static bool is_address(const char *text)
{
	struct in6_addr addr;

	return inet_pton(AF_INET, text, &addr) == 1 ||
	       inet_pton(AF_INET6, text, &addr) == 1;
}

static void note_host(const struct dane *d, const char *name,
    enum host_status status, enum note_because because)
{
	const struct note n = {.kind = NOTE_HOST,
	    .host = {.name = name, .status = status, .because = because}};

	notes_put(d->notes, &n);
}

static void note_mx(
    const struct dane *d, enum note_mx_remark remark, size_t n, uint16_t at)
{
	const struct note note = {.kind = NOTE_MX,
	    .mx = {.remark = remark, .n = (uint32_t)n, .preference = at}};

	notes_put(d->notes, &note);
}

/* One well-formed MX record whose host is not the root. */
static void start_mx(struct dane *d, const struct dns_rr *rr)
{
	char name[DNS_NAME_TEXT_MAX + 1];
	size_t len = rr->len - MX_HOST_OFFSET;

	memcpy(name, rr->data + MX_HOST_OFFSET, len);
	name[len] = '\0';
	if (domain_is_hostname(name, len)) {
		start_host(d, name);
	} else if (is_address(name)) {
		/* Postfix connects to it; without a name there is no TLSA. */
		note_host(d, name, HOST_NONE, NOTE_BECAUSE_IS_ADDRESS);
		verdict_count(&d->finding, HOST_NONE);
	} else {
		/* Postfix ignores it and uses the others. */
		note_host(d, name, HOST_ABSENT, NOTE_BECAUSE_NOT_A_NAME);
	}
}

/* Start the hosts of an MX RRset.  false: it is a null MX. */
static bool start_hosts(struct dane *d, struct dns_answer *a)
{
	size_t i, good = 0, taken = 0;

	/* Drop malformed records first. */
	for (i = 0; i < a->n; i++)
		if (a->rr[i].len > MX_HOST_OFFSET)
			a->rr[good++] = a->rr[i];
	if (good < a->n)
		note_mx(d, NOTE_MX_UNREADABLE, a->n - good, 0);
	a->n = good;
	qsort(a->rr, a->n, sizeof *a->rr, compare);
	for (i = 0; i < a->n; i++) {
		if (a->rr[i].len == MX_HOST_OFFSET + 1 &&
		    a->rr[i].data[MX_HOST_OFFSET] == '.')
			continue; /* RFC 7505: next to others it is void */
		if (is_repeated(a, i))
			continue;
		if (++taken > DANE_HOSTS_MAX) {
			note_mx(d, NOTE_MX_TOO_MANY, DANE_HOSTS_MAX,
			    preference(&a->rr[i]));
			break;
		}
		start_mx(d, &a->rr[i]);
	}
	return taken > 0 || a->n == 0;
}

/* What there is instead of hosts is as secure as the MX RRset. */
static void no_mail(struct dane *d)
{
	d->finding.mx = d->finding.mx == MX_SECURE ? MX_NONE : MX_NONE_INSECURE;
}

static void mx_found(struct dane *d, struct dns_answer *a)
{
	switch (a->content) {
	case DNS_NXDOMAIN:
		no_mail(d);
		reason_set(&d->finding.why, "%s does not exist", d->name);
		return;
	case DNS_NODATA:
		/* RFC 5321 5.1: the domain itself is the host. */
		start_host(d, d->name);
		return;
	case DNS_DATA:
		if (start_hosts(d, a))
			return;
		no_mail(d);
		reason_set(&d->finding.why, "%s has a null MX", d->name);
		return;
	}
}

static void mx_answered(void *arg, struct dns_answer *a)
{
	struct dane *d = arg;

	d->mx = NULL;
	notes_answer(d->notes, NOTE_PART_MX, "", d->name, DNS_MX, a);
	switch (a->outcome) {
	case DNS_FAILED:
		d->finding.mx = MX_FAILED;
		reason_fail(&d->finding.why, a->why.cause, "MX %s: %s", d->name,
		    a->why.text);
		d->finding.ttl = 0;
		break;
	case DNS_SECURE:
	case DNS_INSECURE:
		d->finding.mx =
		    a->outcome == DNS_SECURE ? MX_SECURE : MX_INSECURE;
		use_ttl(d, a->ttl);
		mx_found(d, a);
		break;
	}
	dnspacket_free(a);
	if (d->open == 0)
		finish(d);
}

struct dane *dane_start(struct dns *dns, const struct dane_question *question,
    const struct notes *notes,
    void (*done)(void *arg, const struct dane_finding *f), void *arg)
{
	struct dane *d = xcalloc(1, sizeof *d);

	d->dns = dns;
	d->notes = notes;
	d->done = done;
	d->arg = arg;
	d->port = question->port;
	d->finding.ttl = DNS_TTL_MAX;
	snprintf(d->name, sizeof d->name, "%s", question->name);
	if (question->is_host) {
		/* There is no MX RRset: only the host matters. */
		d->finding.mx = MX_SECURE;
		start_host(d, d->name);
	} else {
		d->mx = dns_ask(dns, d->name, DNS_MX, mx_answered, d);
	}
	return d;
}

void dane_cancel(struct dane *d)
{
	if (d == NULL)
		return;
	dns_cancel(d->mx);
	for (size_t i = 0; i < d->n; i++)
		danehost_cancel(d->slot[i].host);
	free(d);
}
