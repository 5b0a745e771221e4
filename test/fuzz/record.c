/* fuzz record: bytes that are read as a record are within their bounds, are
 * written back the same, and age without a fault.
 * SPDX-License-Identifier: MIT
 *
 * The input is tried as it is, and once more with the length and the checksum
 * that belong to its bytes: else nothing that was changed would be read. */
#include <string.h>
#include "cache/fresh.h"
#include "cache/record.h"
#include "fuzz.h"
#include "wire/bytes.h"

enum { HEAD = 4 + 1 + 4 + 8, VERSION_AT = 4, NOW = 1800000000 };

static uint8_t sealed[RECORD_MAX + HEAD], written[RECORD_MAX];

static void check_reason(const struct reason *why)
{
	MUST(why->cause < CAUSES);
	MUST(memchr(why->text, '\0', sizeof why->text) != NULL);
}

static void check_bounds(
    const struct record *r, const uint8_t *data, size_t len)
{
	const struct sts_policy *p = &r->sts.policy;
	const uint8_t *text = (const uint8_t *)p->text;

	MUST(r->dane.last.mx <= MX_NONE_INSECURE);
	check_reason(&r->dane.why);
	check_reason(&r->dane.last.why);
	check_reason(&r->sts.why);
	MUST(memchr(r->sts.id, '\0', sizeof r->sts.id) != NULL);
	if (r->sts.fetched == 0) {
		MUST(p->text == NULL && p->text_len == 0);
		return;
	}
	MUST(p->mode <= STS_MODE_ENFORCE && p->max_age <= STS_MAX_AGE_MAX);
	MUST(text >= data && p->text_len <= (size_t)(data + len - text));
}

static void check_same_reason(const struct reason *a, const struct reason *b)
{
	MUST(a->cause == b->cause && strcmp(a->text, b->text) == 0);
}

static void check_same_dane(
    const struct dane_branch *a, const struct dane_branch *b)
{
	MUST(a->asof == b->asof && a->checked == b->checked);
	MUST(a->due == b->due && a->failures == b->failures);
	MUST(a->failed == b->failed);
	check_same_reason(&a->why, &b->why);
	MUST(a->last.mx == b->last.mx && a->last.ttl == b->last.ttl);
	MUST(a->last.usable == b->last.usable);
	MUST(a->last.unusable == b->last.unusable);
	MUST(a->last.none == b->last.none && a->last.error == b->last.error);
	check_same_reason(&a->last.why, &b->last.why);
}

static void check_same_sts(
    const struct sts_branch *a, const struct sts_branch *b)
{
	MUST(a->checked == b->checked && strcmp(a->id, b->id) == 0);
	MUST(a->fetched == b->fetched && a->due == b->due);
	MUST(a->failures == b->failures && a->failed == b->failed);
	check_same_reason(&a->why, &b->why);
	MUST(a->policy.mode == b->policy.mode);
	MUST(a->policy.max_age == b->policy.max_age);
	MUST(a->policy.text_len == b->policy.text_len);
	MUST(a->policy.text_len == 0 ||
	     memcmp(a->policy.text, b->policy.text, a->policy.text_len) == 0);
}

/* What was written is read as the same; and of the version of today, nothing is
 * read that would be written in another way. */
static void check_round_trip(
    const struct record *r, const char *key, const uint8_t *data, size_t len)
{
	struct record again;
	size_t n = record_format(r, key, written);

	MUST(n <= RECORD_MAX);
	MUST(record_parse(&again, key, written, n));
	MUST(again.used == r->used && again.uses == r->uses);
	check_same_dane(&r->dane, &again.dane);
	check_same_sts(&r->sts, &again.sts);
	if (data[VERSION_AT] == RECORD_VERSION)
		MUST(n == len && memcmp(written, data, len) == 0);
}

/* Any times that a file can hold. */
static void check_ages(struct record *r)
{
	static const struct sts_finding failed = {
	    .found = STS_FOUND_TXT_FAILED, .why = {.cause = CAUSE_DNS_TIMEOUT}};
	static const struct dane_finding unknown = {
	    .mx = MX_FAILED, .why = {.cause = CAUSE_DNS_TIMEOUT}};
	bool alive = fresh_policy_alive(&r->sts, NOW);
	struct dane_finding room;

	MUST(!alive || r->sts.fetched != 0);
	(void)!fresh_dane(&r->dane, NOW);
	(void)!fresh_sts(&r->sts, NOW);
	(void)!fresh_fetch_due(&r->sts, NOW);
	(void)fresh_dane_finding(&r->dane, &room);
	MUST(fresh_stale(&r->dane, NOW) == NULL || r->dane.asof != 0);
	fresh_merge_dane(&r->dane, &unknown, NOW, 60);
	fresh_merge_sts(&r->sts, &failed, NOW);
	MUST(fresh_policy_alive(&r->sts, NOW) == alive);
	MUST(r->dane.due > NOW && r->sts.due > NOW);
}

static void check(const uint8_t *data, size_t size)
{
	char key[DOMAIN_KEY_MAX + 1], other[DOMAIN_KEY_MAX + 2];
	struct record r, empty;
	size_t len;

	if (!record_peek(data, size, &len, key)) {
		MUST(!record_parse(&r, key, data, size));
		return;
	}
	MUST(len <= size && len <= RECORD_MAX);
	record_init(&empty);
	if (!record_parse(&r, key, data, len)) {
		MUST(memcmp(&r, &empty, sizeof r) == 0);
		return;
	}
	check_bounds(&r, data, len);
	check_round_trip(&r, key, data, len);
	check_ages(&r);
	snprintf(other, sizeof other, "%sx", key);
	MUST(!record_parse(&r, other, data, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes b;

	check(data, size);
	if (size < HEAD || size > sizeof sealed)
		return 0;
	memcpy(sealed, data, size);
	bytes_init(&b, sealed, size);
	bytes_put(&b, RECORD_MARK, 4);
	bytes_put_u8(&b, data[VERSION_AT]);
	bytes_put_u32(&b, (uint32_t)size);
	bytes_put_u64(&b, bytes_checksum(sealed + HEAD, size - HEAD));
	check(sealed, size);
	return 0;
}
