/* fuzz note: a note that is read is written back the same, and all that it
 * points to is in its bytes.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "wire/note.h"

struct bounds {
	const char *at, *end;
};

static void check_bytes(const struct bounds *b, const void *bytes, size_t len)
{
	const char *at = bytes;

	MUST(at >= b->at && at <= b->end && len <= (size_t)(b->end - at));
}

static void check_text(const struct bounds *b, const char *text)
{
	check_bytes(b, text, strlen(text) + 1);
}

static void check_record(const struct bounds *b, const struct note_record *n)
{
	check_text(b, n->name);
	check_bytes(b, n->data, n->len);
	MUST(dnsword_is_type(n->type));
	if (n->readable && n->type == DNS_TLSA)
		MUST(n->len >= 3);
	MUST(n->len <= STS_TXT_MAX);
}

static void check_note(const struct bounds *b, const struct note *n)
{
	switch (n->kind) {
	case NOTE_SERVERS:
		check_text(b, n->servers.servers);
		return;
	case NOTE_ANSWER:
		check_text(b, n->answer.host);
		check_text(b, n->answer.name);
		check_text(b, n->answer.alias);
		return;
	case NOTE_RECORD:
		check_record(b, &n->record);
		return;
	case NOTE_HOST:
		check_text(b, n->host.name);
		MUST(n->host.status <= HOST_ABSENT);
		return;
	case NOTE_MX:
		return;
	case NOTE_EXCHANGE:
		check_text(b, n->exchange.host);
		check_text(b, n->exchange.address);
		check_text(b, n->exchange.tls);
		check_text(b, n->exchange.type);
		return;
	case NOTE_CERTIFICATE:
		check_bytes(b, n->certificate.der, n->certificate.len);
		return;
	case NOTE_BODY:
		check_bytes(b, n->body.text, n->body.len);
		MUST(n->body.len <= STS_POLICY_MAX);
		return;
	case NOTE_POLICY:
		check_text(b, n->policy.id);
		MUST(n->policy.max_age <= STS_MAX_AGE_MAX);
		return;
	case NOTE_KINDS:
		break;
	}
	MUST(false); /* no kind */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t buf[NOTE_MAX];
	const struct bounds b = {(const char *)data, (const char *)data + size};
	struct note n;

	if (!note_parse(&n, data, size))
		return 0;
	check_note(&b, &n);
	MUST(size > sizeof buf || note_format(&n, buf, sizeof buf) == size);
	MUST(size > sizeof buf || memcmp(buf, data, size) == 0);
	return 0;
}
