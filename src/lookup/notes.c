/* notes: tell what happens during a lookup.
 * SPDX-License-Identifier: MIT */
#include "lookup/notes.h"

#include <string.h>
#include "lookup/cert.h"
#include "policy/tlsa.h"

#define MX_HOST_OFFSET 2 /* after the preference */

void notes_put(const struct notes *to, const struct note *n)
{
	if (to != NULL)
		to->put(to->arg, n);
}

/* Copy a name of an answer, NUL-terminated; "" if it is too long to exist. */
static const char *copy_name(
    char name[static DNS_NAME_TEXT_MAX + 1], const uint8_t *text, size_t len)
{
	if (len > DNS_NAME_TEXT_MAX)
		len = 0;
	memcpy(name, text, len);
	name[len] = '\0';
	return name;
}

static void read_mx(struct note_record *n, const struct dns_rr *rr,
    char name[static DNS_NAME_TEXT_MAX + 1])
{
	n->readable = rr->len > MX_HOST_OFFSET;
	if (!n->readable)
		return;
	n->preference = (uint16_t)(rr->data[0] << 8 | rr->data[1]);
	n->name = copy_name(
	    name, rr->data + MX_HOST_OFFSET, rr->len - MX_HOST_OFFSET);
	n->len = 0;
}

/* The character-strings, joined (RFC 8461 3.1). */
static void read_txt(struct note_record *n, const struct dns_rr *rr)
{
	static char text[STS_TXT_MAX];
	size_t len;

	n->readable = dnspacket_join_txt(rr, text, sizeof text, &len);
	if (!n->readable)
		return;
	n->data = (const uint8_t *)text;
	n->len = len;
}

static void put_record(
    const struct notes *to, enum dns_type type, const struct dns_rr *rr)
{
	char name[DNS_NAME_TEXT_MAX + 1] = "";
	struct note n = {.kind = NOTE_RECORD};
	struct note_record *r = &n.record;

	*r = (struct note_record){.type = type,
	    .readable = true,
	    .name = name,
	    .data = rr->data,
	    .len = rr->len};
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		break; /* dnspacket has checked their length */
	case DNS_MX:
		read_mx(r, rr, name);
		break;
	case DNS_TLSA:
		r->readable = rr->len >= TLSA_DATA_OFFSET;
		r->usable = cert_tlsa_is_usable(rr->data, rr->len);
		break;
	case DNS_TXT:
		read_txt(r, rr);
		break;
	case DNS_CNAME:
		r->name = copy_name(name, rr->data, rr->len);
		r->len = 0;
		break;
	case DNS_DNSKEY:
		return;
	}
	notes_put(to, &n);
}

void notes_answer(const struct notes *to, enum note_part part, const char *host,
    const char *name, enum dns_type type, const struct dns_answer *a)
{
	const struct note n = {.kind = NOTE_ANSWER,
	    .answer = {.part = part,
		.host = host,
		.type = type,
		.name = name,
		.outcome = a->outcome,
		.content = a->content,
		.ttl = a->ttl,
		.sha1 = a->sha1,
		.iterations = a->iterations,
		.alias = a->had_cname ? a->canon : "",
		.why = a->why}};

	if (to == NULL)
		return;
	notes_put(to, &n);
	for (size_t i = 0; i < a->n; i++)
		put_record(to, type, &a->rr[i]);
}

static enum note_outcome outcome_of(const struct sts_finding *f)
{
	switch (f->found) {
	case STS_FOUND_ABSENT:
		return f->why.cause == CAUSE_NONE ? NOTE_OUTCOME_NONE
						  : NOTE_OUTCOME_INVALID;
	case STS_FOUND_SAME:
	case STS_FOUND_FETCHING: /* no note is made of it */
		return NOTE_OUTCOME_SAME;
	case STS_FOUND_POLICY:
		return NOTE_OUTCOME_VALID;
	case STS_FOUND_TXT_FAILED:
	case STS_FOUND_FETCH_FAILED:
		return NOTE_OUTCOME_FAILED;
	}
	return NOTE_OUTCOME_NONE;
}

void notes_policy(const struct notes *to, const struct sts_finding *f,
    const struct sts_fault *fault)
{
	struct note n = {.kind = NOTE_POLICY,
	    .policy = {.outcome = outcome_of(f),
		.id = f->id,
		.fault = {.what = STS_SAYS_NOTHING},
		.why = f->why}};

	if (f->found == STS_FOUND_POLICY) {
		n.policy.mode = f->policy.mode;
		n.policy.max_age = f->policy.max_age;
	}
	if (fault != NULL)
		n.policy.fault = *fault;
	notes_put(to, &n);
}
