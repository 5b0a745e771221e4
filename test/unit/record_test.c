/* record_test: records survive their bytes, and damaged bytes are a miss.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "cache/record.h"
#include "wire/bytes.h"

static const char text[] = "version: STSv1\nmode: enforce\n"
			   "mx: mail.example.com\nmax_age: 86400\n";

static void fill(struct record *r)
{
	record_init(r);
	r->used = 1700000000;
	r->uses = 7;
	r->dane.asof = 1700000001;
	r->dane.checked = 1700000002;
	r->dane.due = 1700000300;
	r->dane.failures = 3;
	r->dane.failed = true;
	reason_fail(
	    &r->dane.why, CAUSE_DNS_SERVFAIL, "MX example.com: SERVFAIL");
	r->dane.last = (struct dane_finding){.mx = MX_INSECURE,
	    .usable = 1,
	    .unusable = 2,
	    .none = 3,
	    .error = 4,
	    .ttl = 5};
	reason_fail(&r->dane.last.why, CAUSE_DNS_BOGUS, "one host is bogus");
	r->sts.checked = 1700000003;
	strcpy(r->sts.id, "20240101T000000");
	r->sts.fetched = 1700000004;
	r->sts.due = 1700000600;
	r->sts.failures = 2;
	r->sts.failed = true;
	reason_fail(
	    &r->sts.why, CAUSE_HTTPS_CERTIFICATE, "certificate has expired");
	r->sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 86400,
	    .text = text,
	    .text_len = sizeof text - 1};
}

static void same_reason(const struct reason *a, const struct reason *b)
{
	assert_int_equal(a->cause, b->cause);
	assert_string_equal(a->text, b->text);
}

static void what_is_written_is_read(void **state)
{
	static uint8_t buf[RECORD_MAX];
	struct record in, out;
	size_t len;

	(void)state;
	fill(&in);
	len = record_format(&in, "example.com", buf);
	assert_true(record_parse(&out, "example.com", buf, len));
	assert_int_equal(out.used, in.used);
	assert_int_equal(out.uses, in.uses);
	assert_int_equal(out.dane.asof, in.dane.asof);
	assert_int_equal(out.dane.checked, in.dane.checked);
	assert_int_equal(out.dane.due, in.dane.due);
	assert_int_equal(out.dane.failures, in.dane.failures);
	assert_true(out.dane.failed);
	same_reason(&out.dane.why, &in.dane.why);
	assert_int_equal(out.dane.last.mx, in.dane.last.mx);
	assert_int_equal(out.dane.last.usable, 1);
	assert_int_equal(out.dane.last.unusable, 2);
	assert_int_equal(out.dane.last.none, 3);
	assert_int_equal(out.dane.last.error, 4);
	assert_int_equal(out.dane.last.ttl, 5);
	same_reason(&out.dane.last.why, &in.dane.last.why);
	assert_int_equal(out.sts.checked, in.sts.checked);
	assert_string_equal(out.sts.id, in.sts.id);
	assert_int_equal(out.sts.fetched, in.sts.fetched);
	assert_int_equal(out.sts.due, in.sts.due);
	assert_int_equal(out.sts.failures, in.sts.failures);
	assert_true(out.sts.failed);
	same_reason(&out.sts.why, &in.sts.why);
	assert_int_equal(out.sts.policy.mode, STS_MODE_ENFORCE);
	assert_int_equal(out.sts.policy.max_age, 86400);
	assert_int_equal(out.sts.policy.text_len, sizeof text - 1);
	assert_memory_equal(out.sts.policy.text, text, sizeof text - 1);
}

static void is_empty(const struct record *r)
{
	struct record empty;

	record_init(&empty);
	assert_memory_equal(r, &empty, sizeof empty);
}

static void every_flipped_bit_is_a_miss(void **state)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;
	size_t len;

	(void)state;
	fill(&r);
	len = record_format(&r, "example.com", buf);
	for (size_t i = 0; i < len * 8; i++) {
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_false(record_parse(&r, "example.com", buf, len));
		is_empty(&r);
		buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
}

static void every_shorter_length_is_a_miss(void **state)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;
	size_t len;

	(void)state;
	fill(&r);
	len = record_format(&r, "example.com", buf);
	for (size_t i = 0; i < len; i++)
		assert_false(record_parse(&r, "example.com", buf, i));
	assert_false(record_parse(&r, "example.com", buf, len + 1));
}

/* Bytes that moved to another key's place must not become its policy. */
static void the_record_of_another_key_is_a_miss(void **state)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;
	size_t len;

	(void)state;
	fill(&r);
	len = record_format(&r, "example.com", buf);
	assert_false(record_parse(&r, "example.net", buf, len));
	assert_false(record_parse(&r, "example.co", buf, len));
	assert_false(record_parse(&r, "", buf, len));
	is_empty(&r);
}

static bool is_taken(const struct record *in)
{
	static uint8_t buf[RECORD_MAX];
	struct record out;
	bool taken = record_parse(
	    &out, "example.com", buf, record_format(in, "example.com", buf));

	if (!taken)
		is_empty(&out);
	return taken;
}

/* Right bytes of a wrong value: no enum may hold it, no policy outlive the
 * cap on max_age. */
static void a_value_out_of_range_is_a_miss(void **state)
{
	struct record r;

	(void)state;
	fill(&r);
	r.sts.policy.max_age = STS_MAX_AGE_MAX;
	assert_true(is_taken(&r));
	r.sts.policy.max_age++;
	assert_false(is_taken(&r));
	fill(&r);
	r.sts.policy.mode = (enum sts_mode)(STS_MODE_ENFORCE + 1);
	assert_false(is_taken(&r));
	fill(&r);
	r.sts.why.cause = CAUSES;
	assert_false(is_taken(&r));
	fill(&r);
	r.dane.last.mx = (enum mx_status)(MX_NONE_INSECURE + 1);
	assert_false(is_taken(&r));
	/* Its age could not be told. */
	fill(&r);
	r.sts.fetched = RECORD_TIME_MAX;
	assert_true(is_taken(&r));
	r.sts.fetched++;
	assert_false(is_taken(&r));
	r.sts.fetched = -1;
	assert_false(is_taken(&r));
}

/* As 0.1.0 wrote it, byte by byte: a policy outlives the upgrade. */
static void a_record_of_version_1_is_read(void **state)
{
	static uint8_t body[RECORD_MAX], buf[RECORD_MAX];
	struct record r;
	struct bytes b, head;
	size_t len;

	(void)state;
	bytes_init(&b, body, sizeof body);
	bytes_put_text(&b, "example.com");
	bytes_put_u64(&b, 1700000000);
	bytes_put_u32(&b, 7);
	for (int64_t t = 1; t <= 3; t++)
		bytes_put_u64(&b, (uint64_t)(1700000000 + t));
	bytes_put_u32(&b, 0);
	bytes_put_u8(&b, 0);
	bytes_put_text(&b, "");
	bytes_put_u8(&b, MX_SECURE);
	for (int i = 0; i < 4; i++)
		bytes_put_u16(&b, 0);
	bytes_put_u32(&b, 300);
	bytes_put_text(&b, "");
	bytes_put_u64(&b, 1700000003);
	bytes_put_text(&b, "20240101T000000");
	bytes_put_u64(&b, 1700000004);
	bytes_put_u64(&b, 1700000600);
	bytes_put_u32(&b, 2);
	bytes_put_u8(&b, STS_FAILURE_WEBPKI);
	bytes_put_u8(&b, 1);
	bytes_put_text(&b, "certificate has expired");
	bytes_put_u8(&b, STS_MODE_ENFORCE);
	bytes_put_u32(&b, 86400);
	bytes_put_u32(&b, sizeof text - 1);
	bytes_put(&b, text, sizeof text - 1);
	len = (size_t)(b.at - body);
	bytes_init(&head, buf, sizeof buf);
	bytes_put_u32(&head, 0x4d585052u);
	bytes_put_u8(&head, 1);
	bytes_put_u32(&head, (uint32_t)(len + 17));
	bytes_put_u64(&head, bytes_checksum(body, len));
	bytes_put(&head, body, len);
	assert_true(record_parse(&r, "example.com", buf, len + 17));
	assert_int_equal(r.used, 1700000000);
	assert_int_equal(r.sts.fetched, 1700000004);
	assert_int_equal(r.sts.policy.mode, STS_MODE_ENFORCE);
	assert_memory_equal(r.sts.policy.text, text, sizeof text - 1);
	assert_true(r.sts.failed);
	assert_int_equal(r.sts.why.cause, CAUSE_HTTPS_CERTIFICATE);
	assert_int_equal(r.dane.why.cause, CAUSE_NONE);
	for (uint8_t version = 0; version < 8; version++) {
		buf[4] = version;
		if (version != 1)
			assert_false(
			    record_parse(&r, "example.com", buf, len + 17));
	}
}

static void the_largest_policy_fits(void **state)
{
	static uint8_t buf[RECORD_MAX];
	static char large[STS_TEXT_MAX];
	struct record r;
	char key[DOMAIN_KEY_MAX + 1];

	(void)state;
	memset(large, 'x', sizeof large);
	memset(key, 'k', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	fill(&r);
	memset(r.dane.why.text, 'w', REASON_MAX);
	memset(r.dane.last.why.text, 'w', REASON_MAX);
	memset(r.sts.why.text, 'w', REASON_MAX);
	memset(r.sts.id, 'i', STS_ID_MAX);
	r.sts.policy.text = large;
	r.sts.policy.text_len = sizeof large;
	assert_true(record_parse(&r, key, buf, record_format(&r, key, buf)));
	assert_int_equal(r.sts.policy.text_len, sizeof large);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read),
	    cmocka_unit_test(a_record_of_version_1_is_read),
	    cmocka_unit_test(every_flipped_bit_is_a_miss),
	    cmocka_unit_test(every_shorter_length_is_a_miss),
	    cmocka_unit_test(the_record_of_another_key_is_a_miss),
	    cmocka_unit_test(a_value_out_of_range_is_a_miss),
	    cmocka_unit_test(the_largest_policy_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
