/* note: what happens during a lookup, as bytes and back.
 * SPDX-License-Identifier: MIT */
#include "wire/note.h"

#include <string.h>
#include "policy/tlsa.h"
#include "wire/bytes.h"
#include "wire/fields.h"

/* One description of the format serves both directions: each function gets the
 * value to write (ignored for reading) and returns the value that was written
 * or read.  Values out of bounds make the cursor bad in both directions. */
struct codec {
	struct bytes b;
	bool writing;
};

static uint32_t code_number(struct codec *c, uint32_t v, uint32_t max)
{
	if (!c->writing)
		v = bytes_get_u32(&c->b);
	if (v > max) {
		c->b.bad = true;
		return 0;
	}
	if (c->writing)
		bytes_put_u32(&c->b, v);
	return v;
}

/* A value of an enum with `count` values. */
static unsigned int code_choice(
    struct codec *c, unsigned int v, unsigned int count)
{
	return code_number(c, v, count - 1);
}

static bool code_flag(struct codec *c, bool v)
{
	return code_number(c, v, 1) != 0;
}

static const void *code_bytes(
    struct codec *c, const void *v, size_t *len, size_t max)
{
	uint32_t n = *len > max ? UINT32_MAX : (uint32_t)*len;

	*len = code_number(c, n, (uint32_t)max);
	if (!c->writing)
		return bytes_get(&c->b, *len);
	bytes_put(&c->b, v, *len);
	return v;
}

static const char *code_text(struct codec *c, const char *v)
{
	size_t len = c->writing ? strlen(v) : 0;

	v = code_bytes(c, v, &len, NOTE_MAX);
	if (c->writing) {
		bytes_put_u8(&c->b, '\0');
	} else if (bytes_get_u8(&c->b) != '\0' ||
		   (!c->b.bad && memchr(v, '\0', len) != NULL)) {
		c->b.bad = true;
	}
	return c->b.bad ? "" : v;
}

static void code_reason(struct codec *c, struct reason *why)
{
	const char *text =
	    code_text(c, c->writing ? cause_name(why->cause) : "");
	enum cause cause = CAUSE_NONE;
	size_t len;

	if (!cause_parse(&cause, text, strlen(text)))
		c->b.bad = true;
	text = code_text(c, c->writing ? why->text : "");
	len = strlen(text);
	if (len > REASON_MAX ||
	    !fields_is_printable((struct field){text, len})) {
		c->b.bad = true;
		len = 0;
	}
	if (c->writing)
		return;
	why->cause = cause;
	memcpy(why->text, text, len);
	why->text[len] = '\0';
}

/* ---- each kind ---- */

static void code_servers(struct codec *c, struct note_servers *n)
{
	n->servers = code_text(c, n->servers);
	n->validates = code_flag(c, n->validates);
	n->fell_back = code_flag(c, n->fell_back);
	code_reason(c, &n->why);
}

static enum dns_type code_type(struct codec *c, enum dns_type type)
{
	uint32_t v = code_number(c, type, UINT16_MAX);

	if (!dnsword_is_type(v))
		c->b.bad = true;
	return (enum dns_type)v;
}

static void code_answer(struct codec *c, struct note_answer *n)
{
	n->part = (enum note_part)code_choice(c, n->part, NOTE_PARTS);
	n->host = code_text(c, n->host);
	n->type = code_type(c, n->type);
	n->name = code_text(c, n->name);
	n->outcome =
	    (enum dns_outcome)code_choice(c, n->outcome, DNS_FAILED + 1);
	n->content =
	    (enum dns_content)code_choice(c, n->content, DNS_NXDOMAIN + 1);
	n->ttl = code_number(c, n->ttl, UINT32_MAX);
	n->sha1 = code_number(c, n->sha1, UINT8_MAX);
	n->iterations = code_number(c, n->iterations, UINT16_MAX);
	n->alias = code_text(c, n->alias);
	code_reason(c, &n->why);
}

/* Which members go with which type. */
static bool is_consistent(const struct note_record *n)
{
	if (!n->readable)
		return n->name[0] == '\0' && !n->usable;
	switch (n->type) {
	case DNS_A:
		return n->len == 4;
	case DNS_AAAA:
		return n->len == 16;
	case DNS_MX:
	case DNS_CNAME:
		return n->len == 0 && n->name[0] != '\0';
	case DNS_TLSA:
		return n->len >= TLSA_DATA_OFFSET;
	case DNS_TXT:
		return true;
	case DNS_DNSKEY:
		return false;
	}
	return false;
}

static void code_record(struct codec *c, struct note_record *n)
{
	n->type = code_type(c, n->type);
	n->readable = code_flag(c, n->readable);
	n->usable = code_flag(c, n->usable);
	n->preference = (uint16_t)code_number(c, n->preference, UINT16_MAX);
	n->name = code_text(c, n->name);
	n->data = code_bytes(c, n->data, &n->len, UINT16_MAX);
	if (!c->b.bad && !is_consistent(n))
		c->b.bad = true;
}

static void code_host(struct codec *c, struct note_host *n)
{
	n->name = code_text(c, n->name);
	n->status =
	    (enum host_status)code_choice(c, n->status, HOST_ABSENT + 1);
	n->because =
	    (enum note_because)code_choice(c, n->because, NOTE_BECAUSES);
	n->usable = code_number(c, n->usable, UINT16_MAX);
	n->of = code_number(c, n->of, UINT16_MAX);
	code_reason(c, &n->why);
}

static void code_mx(struct codec *c, struct note_mx *n)
{
	n->remark =
	    (enum note_mx_remark)code_choice(c, n->remark, NOTE_MX_REMARKS);
	n->n = code_number(c, n->n, UINT16_MAX);
	n->preference = (uint16_t)code_number(c, n->preference, UINT16_MAX);
}

static void code_exchange(struct codec *c, struct note_exchange *n)
{
	n->host = code_text(c, n->host);
	n->address = code_text(c, n->address);
	n->tls = code_text(c, n->tls);
	n->status = code_number(c, n->status, UINT16_MAX);
	n->type = code_text(c, n->type);
	n->bytes = code_number(c, n->bytes, UINT32_MAX);
	n->ms = code_number(c, n->ms, UINT32_MAX);
}

static void code_certificate(struct codec *c, struct note_certificate *n)
{
	n->place = code_number(c, n->place, UINT8_MAX);
	n->der = code_bytes(c, n->der, &n->len, NOTE_MAX);
}

static void code_body(struct codec *c, struct note_body *n)
{
	n->text = code_bytes(c, n->text, &n->len, STS_POLICY_MAX);
}

static void code_policy(struct codec *c, struct note_policy *n)
{
	n->outcome =
	    (enum note_outcome)code_choice(c, n->outcome, NOTE_OUTCOMES);
	n->id = code_text(c, n->id);
	n->mode = (enum sts_mode)code_choice(c, n->mode, STS_MODE_ENFORCE + 1);
	n->max_age = code_number(c, n->max_age, STS_MAX_AGE_MAX);
	n->fault.what =
	    (enum sts_remark)code_choice(c, n->fault.what, STS_REMARKS);
	n->fault.line = code_number(c, n->fault.line, STS_POLICY_MAX + 1);
	n->fault.column = code_number(c, n->fault.column, STS_POLICY_MAX + 1);
	code_reason(c, &n->why);
}

static void code_note(struct codec *c, struct note *n)
{
	n->kind = (enum note_kind)code_choice(c, n->kind, NOTE_KINDS);
	if (c->b.bad)
		return;
	switch (n->kind) {
	case NOTE_SERVERS:
		code_servers(c, &n->servers);
		return;
	case NOTE_ANSWER:
		code_answer(c, &n->answer);
		return;
	case NOTE_RECORD:
		code_record(c, &n->record);
		return;
	case NOTE_HOST:
		code_host(c, &n->host);
		return;
	case NOTE_MX:
		code_mx(c, &n->mx);
		return;
	case NOTE_EXCHANGE:
		code_exchange(c, &n->exchange);
		return;
	case NOTE_CERTIFICATE:
		code_certificate(c, &n->certificate);
		return;
	case NOTE_BODY:
		code_body(c, &n->body);
		return;
	case NOTE_POLICY:
		code_policy(c, &n->policy);
		return;
	case NOTE_KINDS:
		return;
	}
}

size_t note_format(const struct note *n, void *buf, size_t size)
{
	struct codec c = {.writing = true};
	struct note copy = *n;

	bytes_init(&c.b, buf, size < NOTE_MAX ? size : NOTE_MAX);
	code_note(&c, &copy);
	return c.b.bad ? 0 : (size_t)(c.b.at - (uint8_t *)buf);
}

bool note_parse(struct note *n, const void *bytes, size_t len)
{
	struct codec c = {.writing = false};

	memset(n, 0, sizeof *n);
	/* The cursor is for both directions; reading does not write. */
	bytes_init(&c.b, (void *)(uintptr_t)bytes, len);
	code_note(&c, n);
	return len <= NOTE_MAX && !c.b.bad && c.b.at == c.b.end;
}
