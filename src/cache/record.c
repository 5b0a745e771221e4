/* record: findings as stored in the cache, and their bytes.
 * SPDX-License-Identifier: MIT */
#include "cache/record.h"

#include <string.h>
#include "wire/bytes.h"

/* Layout, integers big-endian:
 *	u32 magic, u8 version, u32 length of all, u64 checksum of what follows,
 *	text key, u64 used, u32 uses, the DANE half, the MTA-STS half. */
#define RECORD_MAGIC 0x4d585052u /* "MXPR" */
#define RECORD_HEAD (4 + 1 + 4 + 8)

/* Version 1 had no causes, and the class of a failure in their place. */
struct reader {
	struct bytes b;
	uint8_t version;
};

void record_init(struct record *r)
{
	memset(r, 0, sizeof *r);
}

static void put_reason(struct bytes *b, const struct reason *why)
{
	bytes_put_u8(b, (uint8_t)why->cause);
	bytes_put_text(b, why->text);
}

static void get_reason(struct reader *in, struct reason *why)
{
	uint8_t cause = CAUSE_NONE;

	if (in->version >= 2)
		cause = bytes_get_u8(&in->b);
	if (cause >= CAUSES)
		in->b.bad = true;
	else
		why->cause = (enum cause)cause;
	bytes_get_text(&in->b, why->text, sizeof why->text);
}

/* Sums of a time and an age stay far from the bounds of int64_t. */
static int64_t get_time(struct bytes *b)
{
	uint64_t t = bytes_get_u64(b);

	if (t > RECORD_TIME_MAX)
		b->bad = true;
	return b->bad ? 0 : (int64_t)t;
}

static bool get_flag(struct bytes *b)
{
	uint8_t flag = bytes_get_u8(b);

	if (flag > 1)
		b->bad = true;
	return flag == 1;
}

static void put_dane(struct bytes *b, const struct dane_branch *d)
{
	bytes_put_u64(b, (uint64_t)d->asof);
	bytes_put_u64(b, (uint64_t)d->checked);
	bytes_put_u64(b, (uint64_t)d->due);
	bytes_put_u32(b, d->failures);
	bytes_put_u8(b, d->failed);
	put_reason(b, &d->why);
	bytes_put_u8(b, (uint8_t)d->last.mx);
	bytes_put_u16(b, d->last.usable);
	bytes_put_u16(b, d->last.unusable);
	bytes_put_u16(b, d->last.none);
	bytes_put_u16(b, d->last.error);
	bytes_put_u32(b, d->last.ttl);
	put_reason(b, &d->last.why);
}

static void get_dane(struct reader *in, struct dane_branch *d)
{
	struct bytes *b = &in->b;
	uint8_t mx;

	d->asof = get_time(b);
	d->checked = get_time(b);
	d->due = get_time(b);
	d->failures = bytes_get_u32(b);
	d->failed = get_flag(b);
	get_reason(in, &d->why);
	mx = bytes_get_u8(b);
	if (mx > MX_NONE_INSECURE)
		b->bad = true;
	d->last.mx = (enum mx_status)mx;
	d->last.usable = bytes_get_u16(b);
	d->last.unusable = bytes_get_u16(b);
	d->last.none = bytes_get_u16(b);
	d->last.error = bytes_get_u16(b);
	d->last.ttl = bytes_get_u32(b);
	get_reason(in, &d->last.why);
	if (in->version < 2 && (d->failed || d->last.error > 0))
		d->why.cause = d->last.why.cause = CAUSE_DNS_SERVFAIL;
}

static void put_sts(struct bytes *b, const struct sts_branch *s)
{
	bytes_put_u64(b, (uint64_t)s->checked);
	bytes_put_text(b, s->id);
	bytes_put_u64(b, (uint64_t)s->fetched);
	bytes_put_u64(b, (uint64_t)s->due);
	bytes_put_u32(b, s->failures);
	bytes_put_u8(b, s->failed);
	put_reason(b, &s->why);
	if (s->fetched == 0)
		return;
	bytes_put_u8(b, (uint8_t)s->policy.mode);
	bytes_put_u32(b, s->policy.max_age);
	bytes_put_u32(b, (uint32_t)s->policy.text_len);
	bytes_put(b, s->policy.text, s->policy.text_len);
}

static void get_policy(struct bytes *b, struct sts_policy *p)
{
	uint8_t mode = bytes_get_u8(b);
	uint32_t len;

	p->max_age = bytes_get_u32(b);
	len = bytes_get_u32(b);
	if (mode > STS_MODE_ENFORCE || p->max_age > STS_MAX_AGE_MAX ||
	    len > STS_TEXT_MAX) {
		b->bad = true;
		return;
	}
	p->mode = (enum sts_mode)mode;
	p->text = bytes_get(b, len);
	p->text_len = len;
}

/* The cause of a failure of which version 1 kept the class. */
static enum cause cause_of_class(uint8_t failure)
{
	switch ((enum sts_failure)failure) {
	case STS_FAILURE_NONE:
		return CAUSE_DNS_SERVFAIL;
	case STS_FAILURE_FETCH:
		return CAUSE_UNKNOWN;
	case STS_FAILURE_INVALID:
		return CAUSE_STS_POLICY;
	case STS_FAILURE_WEBPKI:
		return CAUSE_HTTPS_CERTIFICATE;
	}
	return CAUSE_UNKNOWN;
}

static void get_sts(struct reader *in, struct sts_branch *s)
{
	struct bytes *b = &in->b;
	uint8_t failure = 0;

	s->checked = get_time(b);
	bytes_get_text(b, s->id, sizeof s->id);
	s->fetched = get_time(b);
	s->due = get_time(b);
	s->failures = bytes_get_u32(b);
	if (in->version < 2)
		failure = bytes_get_u8(b);
	s->failed = get_flag(b);
	get_reason(in, &s->why);
	if (in->version < 2 && s->failed)
		s->why.cause = cause_of_class(failure);
	if (s->fetched != 0)
		get_policy(b, &s->policy);
}

size_t record_format(
    const struct record *r, const char *key, uint8_t buf[static RECORD_MAX])
{
	struct bytes b, head;
	size_t len;

	bytes_init(&b, buf + RECORD_HEAD, RECORD_MAX - RECORD_HEAD);
	bytes_put_text(&b, key);
	bytes_put_u64(&b, (uint64_t)r->used);
	bytes_put_u32(&b, r->uses);
	put_dane(&b, &r->dane);
	put_sts(&b, &r->sts);
	len = (size_t)(b.at - buf);

	bytes_init(&head, buf, RECORD_HEAD);
	bytes_put_u32(&head, RECORD_MAGIC);
	bytes_put_u8(&head, RECORD_VERSION);
	bytes_put_u32(&head, (uint32_t)len);
	bytes_put_u64(
	    &head, bytes_checksum(buf + RECORD_HEAD, len - RECORD_HEAD));
	return len;
}

/* The head is right and the body is what was written, for this key. */
static bool open_body(
    struct reader *in, const char *key, const void *data, size_t len)
{
	/* The cursor is for both directions; reading leaves data alone. */
	uint8_t *at = (uint8_t *)(uintptr_t)data;
	size_t key_len = strlen(key);
	struct bytes *b = &in->b;
	const void *own;
	uint64_t sum;

	bytes_init(b, at, len);
	if (bytes_get_u32(b) != RECORD_MAGIC)
		return false;
	in->version = bytes_get_u8(b);
	if (in->version < RECORD_VERSION - 1 || in->version > RECORD_VERSION ||
	    bytes_get_u32(b) != len)
		return false;
	sum = bytes_get_u64(b);
	if (b->bad || sum != bytes_checksum(b->at, (size_t)(b->end - b->at)))
		return false;
	if (bytes_get_u16(b) != key_len)
		return false;
	own = bytes_get(b, key_len);
	return own != NULL && memcmp(own, key, key_len) == 0;
}

bool record_parse(
    struct record *r, const char *key, const void *data, size_t len)
{
	struct reader in;

	record_init(r);
	if (open_body(&in, key, data, len)) {
		r->used = get_time(&in.b);
		r->uses = bytes_get_u32(&in.b);
		get_dane(&in, &r->dane);
		get_sts(&in, &r->sts);
		if (!in.b.bad && in.b.at == in.b.end)
			return true;
	}
	record_init(r);
	return false;
}

bool record_peek(const void *data, size_t left, size_t *len,
    char key[static DOMAIN_KEY_MAX + 1])
{
	/* The cursor is for both directions; reading leaves data alone. */
	uint8_t *at = (uint8_t *)(uintptr_t)data;
	struct bytes b;

	bytes_init(&b, at, left);
	(void)bytes_get_u32(&b);
	(void)bytes_get_u8(&b);
	*len = bytes_get_u32(&b);
	(void)bytes_get_u64(&b);
	bytes_get_text(&b, key, DOMAIN_KEY_MAX + 1);
	return !b.bad && *len <= left && *len <= RECORD_MAX;
}
