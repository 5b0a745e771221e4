/* seal_test: serials behind records, and the two places of a key.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "cache/seal.h"

static uint8_t buf[SEAL_MAX];

static size_t make_record(void)
{
	struct record r;

	record_init(&r);
	r.uses = 7;
	return record_format(&r, "a.example", buf);
}

static void a_seal_tells_the_serial_and_the_record(void **state)
{
	size_t len = make_record(), all;
	struct record r;
	uint64_t serial;

	(void)state;
	all = seal_close(buf, len, UINT64_C(0x123456789abcdef0));
	assert_int_equal(all, len + SEAL_LEN);
	assert_int_equal(seal_open(buf, all, &serial), len);
	assert_int_equal(serial, UINT64_C(0x123456789abcdef0));
	assert_true(record_parse(&r, "a.example", buf, len));
}

/* Of version 0.1, of another record, torn: it is no seal. */
static void what_is_no_seal_is_the_oldest(void **state)
{
	size_t len = make_record(), all;
	uint64_t serial = 1;

	(void)state;
	assert_int_equal(seal_open(buf, len, &serial), len);
	assert_int_equal(serial, 0);
	all = seal_close(buf, len, 99);
	for (size_t i = len; i < all; i++) {
		buf[i] ^= 1;
		assert_int_equal(seal_open(buf, all, &serial), all);
		assert_int_equal(serial, 0);
		buf[i] ^= 1;
	}
	buf[10] ^= 1; /* the checksum of the record itself */
	assert_int_equal(seal_open(buf, all, &serial), all);
	for (len = 0; len < 33; len++)
		assert_int_equal(seal_open(buf, len, &serial), len);
}

static void both_places_lead_back_to_the_key(void **state)
{
	char text[SEAL_KEY_MAX + 1], key[DOMAIN_KEY_MAX + 1];
	char longest[DOMAIN_KEY_MAX + 1];
	int place;

	(void)state;
	memset(longest, 'k', DOMAIN_KEY_MAX);
	longest[DOMAIN_KEY_MAX] = '\0';
	for (int i = 0; i < SEAL_PLACES; i++) {
		size_t len = seal_key(longest, i, text);

		assert_int_equal(len, DOMAIN_KEY_MAX + i);
		assert_true(seal_key_open(text, len, key, &place));
		assert_string_equal(key, longest);
		assert_int_equal(place, i);
	}
	assert_false(
	    seal_key_open(text, SEAL_KEY_MAX - 1, key, &place) && place == 1);
	assert_false(seal_key_open("a\0b", 3, key, &place));
	memset(text, 'k', sizeof text);
	assert_false(seal_key_open(text, SEAL_KEY_MAX, key, &place));
	assert_true(seal_key_open("", 0, key, &place));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_seal_tells_the_serial_and_the_record),
	    cmocka_unit_test(what_is_no_seal_is_the_oldest),
	    cmocka_unit_test(both_places_lead_back_to_the_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
