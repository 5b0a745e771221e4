/* danehost: DANE for one MX host (RFC 7672 2.2).
 * SPDX-License-Identifier: MIT */
#include "lookup/danehost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "lookup/cert.h"

#define PREFIX_MAX 16 /* "_65535._tcp." */

/* The possible queries for one host. */
enum ask {
	ASK_A,
	ASK_AAAA,
	ASK_TLSA,	 /* at the host's own name */
	ASK_TLSA_TARGET, /* where its CNAMEs lead to */
	ASK_CNAME,	 /* is the alias secure if its target is not? */
	ASKS,
};

struct ask_state {
	struct danehost *h;
	enum dns_type type;
	struct dns_query *query;   /* while it is in flight */
	struct dns_answer *answer; /* afterwards */
	char name[DNS_NAME_TEXT_MAX + PREFIX_MAX];
};

struct danehost {
	struct dns *dns;
	uint16_t port;
	const struct notes *notes;
	void (*done)(void *arg, const struct danehost_result *r);
	void *arg;
	struct danehost_result result;
	struct ask_state ask[ASKS];
	size_t usable, of; /* TLSA records */
	char host[DNS_NAME_TEXT_MAX + 1];
};

static void step(struct danehost *h);

static void answered(void *arg, struct dns_answer *answer)
{
	struct ask_state *s = arg;

	s->query = NULL;
	s->answer = answer;
	notes_answer(
	    s->h->notes, NOTE_PART_HOST, s->h->host, s->name, s->type, answer);
	step(s->h);
}

static void ask(struct danehost *h, enum ask which, enum dns_type type,
    const char *prefix, const char *name)
{
	struct ask_state *s = &h->ask[which];

	if (s->query != NULL || s->answer != NULL)
		return;
	s->h = h;
	s->type = type;
	snprintf(s->name, sizeof s->name, "%s%s", prefix, name);
	s->query = dns_ask(h->dns, s->name, type, answered, s);
}

static void ask_tlsa(struct danehost *h, enum ask which, const char *name)
{
	char prefix[PREFIX_MAX];

	snprintf(prefix, sizeof prefix, "_%u._tcp.", (unsigned int)h->port);
	ask(h, which, DNS_TLSA, prefix, name);
}

struct danehost *danehost_start(struct dns *dns, const char *host,
    uint16_t port, const struct notes *notes,
    void (*done)(void *arg, const struct danehost_result *r), void *arg)
{
	struct danehost *h = xcalloc(1, sizeof *h);

	h->dns = dns;
	h->port = port;
	h->notes = notes;
	h->done = done;
	h->arg = arg;
	h->result.ttl = DNS_TTL_MAX;
	snprintf(h->host, sizeof h->host, "%s", host);
	ask(h, ASK_A, DNS_A, "", h->host);
	ask(h, ASK_AAAA, DNS_AAAA, "", h->host);
	ask_tlsa(h, ASK_TLSA, h->host);
	return h;
}

void danehost_cancel(struct danehost *h)
{
	if (h == NULL)
		return;
	for (int i = 0; i < ASKS; i++) {
		dns_cancel(h->ask[i].query);
		dnspacket_free(h->ask[i].answer);
	}
	free(h);
}

static void finish(
    struct danehost *h, enum host_status host, enum note_because because)
{
	void (*done)(void *, const struct danehost_result *) = h->done;
	struct danehost_result result = h->result;
	void *arg = h->arg;
	const struct note n = {.kind = NOTE_HOST,
	    .host = {.name = h->host,
		.status = host,
		.because = because,
		.usable = (uint32_t)h->usable,
		.of = (uint32_t)h->of,
		.why = h->result.why}};

	notes_put(h->notes, &n);
	result.host = host;
	danehost_cancel(h);
	done(arg, &result);
}

/* This answer matters, so its TTL does as well. */
static void use(struct danehost *h, const struct dns_answer *a)
{
	if (a->outcome != DNS_FAILED && a->ttl < h->result.ttl)
		h->result.ttl = a->ttl;
}

static void blame(struct danehost *h, enum ask which)
{
	const struct ask_state *s = &h->ask[which];

	/* libunbound's reason comes last because it may be cut. */
	reason_fail(&h->result.why, s->answer->why.cause, "%s %s: %s",
	    dnsword_type(s->type), s->name, s->answer->why.text);
}

static bool is_found(const struct dns_answer *a)
{
	return a->outcome == DNS_SECURE && a->content == DNS_DATA;
}

/* A TLSA answer decides. */
static void finish_tlsa(struct danehost *h, enum ask which)
{
	const struct dns_answer *a = h->ask[which].answer;
	size_t usable = 0;

	use(h, a);
	if (a->outcome == DNS_FAILED) {
		blame(h, which);
		finish(h, HOST_ERROR, NOTE_BECAUSE_FAILED);
		return;
	}
	if (!is_found(a)) {
		finish(h, HOST_NONE,
		    a->outcome == DNS_SECURE ? NOTE_BECAUSE_NO_TLSA
					     : NOTE_BECAUSE_TLSA_INSECURE);
		return;
	}
	for (size_t i = 0; i < a->n; i++)
		usable += cert_tlsa_is_usable(a->rr[i].data, a->rr[i].len);
	h->usable = usable;
	h->of = a->n;
	finish(h, usable > 0 ? HOST_USABLE : HOST_UNUSABLE, NOTE_BECAUSE_TLSA);
}

/* RFC 7672 2.2.2: the addresses are insecure because a CNAME leads to an
 * unsigned zone, but the alias itself may be in a signed zone: then use TLSA at
 * the alias. */
static void step_alias(struct danehost *h)
{
	const struct dns_answer *cname = h->ask[ASK_CNAME].answer;

	if (cname == NULL) {
		ask(h, ASK_CNAME, DNS_CNAME, "", h->host);
		return;
	}
	if (cname->outcome == DNS_FAILED) {
		blame(h, ASK_CNAME);
		finish(h, HOST_ERROR, NOTE_BECAUSE_FAILED);
		return;
	}
	if (!is_found(cname)) {
		use(h, cname);
		finish(h, HOST_NONE, NOTE_BECAUSE_INSECURE);
		return;
	}
	if (h->ask[ASK_TLSA].answer == NULL)
		return;
	use(h, cname);
	finish_tlsa(h, ASK_TLSA);
}

/* Secure addresses: TLSA at the target of the CNAMEs, then at the host's own
 * name.  After a failure at the target the alias is not tried. */
static void step_tlsa(struct danehost *h, const struct dns_answer *address)
{
	const struct dns_answer *target = h->ask[ASK_TLSA_TARGET].answer;

	if (address->had_cname && strcmp(address->canon, h->host) != 0) {
		ask_tlsa(h, ASK_TLSA_TARGET, address->canon);
		if (target == NULL)
			return;
		if (is_found(target) || target->outcome == DNS_FAILED) {
			finish_tlsa(h, ASK_TLSA_TARGET);
			return;
		}
		if (h->ask[ASK_TLSA].answer != NULL)
			use(h, target);
	}
	if (h->ask[ASK_TLSA].answer != NULL)
		finish_tlsa(h, ASK_TLSA);
}

static bool is_outcome(const struct dns_answer *a, enum dns_outcome outcome)
{
	return a != NULL && a->outcome == outcome;
}

static bool has_data(const struct dns_answer *a, enum dns_outcome outcome)
{
	return is_outcome(a, outcome) && a->content == DNS_DATA;
}

static void step_insecure(struct danehost *h, const struct dns_answer *address)
{
	use(h, address);
	if (address->had_cname)
		step_alias(h);
	else
		finish(h, HOST_NONE, NOTE_BECAUSE_INSECURE);
}

/* Both address queries are answered, with no address, or failed.  An insecure
 * denial counts only here: in a zone whose NSEC3 records are not validated,
 * because they have too many iterations, it stands beside secure addresses. */
static void step_denied(
    struct danehost *h, const struct dns_answer *a, const struct dns_answer *b)
{
	if (a->outcome == DNS_FAILED && b->outcome == DNS_FAILED) {
		blame(h, ASK_A);
		finish(h, HOST_ERROR, NOTE_BECAUSE_FAILED);
		return;
	}
	if (a->outcome == DNS_INSECURE || b->outcome == DNS_INSECURE) {
		step_insecure(h, a->outcome == DNS_INSECURE ? a : b);
		return;
	}
	use(h, a);
	use(h, b);
	if (a->outcome == DNS_SECURE && b->outcome == DNS_SECURE)
		finish(h, HOST_ABSENT, NOTE_BECAUSE_NO_ADDRESS);
	else
		step_tlsa(h, a->outcome == DNS_SECURE ? a : b);
}

/* After each answer: decide, or send the queries that are still needed.  A host
 * is judged by the addresses that it has: those of one family are enough, and
 * what is denied says nothing of the other. */
static void step(struct danehost *h)
{
	const struct dns_answer *a = h->ask[ASK_A].answer;
	const struct dns_answer *b = h->ask[ASK_AAAA].answer;

	/* Start TLSA of the target early. */
	if (is_outcome(a, DNS_SECURE) && a->had_cname)
		ask_tlsa(h, ASK_TLSA_TARGET, a->canon);
	else if (is_outcome(b, DNS_SECURE) && b->had_cname)
		ask_tlsa(h, ASK_TLSA_TARGET, b->canon);
	/* Who is told all wants the addresses of both. */
	if (h->notes != NULL && (a == NULL || b == NULL))
		return;
	if (has_data(a, DNS_SECURE) || has_data(b, DNS_SECURE)) {
		const struct dns_answer *good = has_data(a, DNS_SECURE) ? a : b;

		use(h, good);
		step_tlsa(h, good);
	} else if (has_data(a, DNS_INSECURE) || has_data(b, DNS_INSECURE)) {
		/* Not waiting for the other family: in unsigned zones many name
		 * servers fail for AAAA. */
		step_insecure(h, has_data(a, DNS_INSECURE) ? a : b);
	} else if (a != NULL && b != NULL) {
		step_denied(h, a, b);
	}
}
