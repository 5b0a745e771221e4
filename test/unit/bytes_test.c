/* bytes_test: the cursor and its sticky error.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/bytes.h"

static void test_round_trip(void **state)
{
	uint8_t buf[64];
	char text[8];
	struct bytes b;

	(void)state;
	bytes_init(&b, buf, sizeof buf);
	bytes_put_u8(&b, 0x12);
	bytes_put_u16(&b, 0x3456);
	bytes_put_u32(&b, 0x789abcde);
	bytes_put_u64(&b, 0xfedcba9876543210u);
	bytes_put_text(&b, "mail");
	bytes_put_text(&b, "");
	bytes_put(&b, "\0x", 2);
	assert_false(b.bad);
	assert_int_equal(b.at - buf, 1 + 2 + 4 + 8 + 6 + 2 + 2);

	bytes_init(&b, buf, (size_t)(b.at - buf));
	assert_int_equal(bytes_get_u8(&b), 0x12);
	assert_int_equal(bytes_get_u16(&b), 0x3456);
	assert_int_equal(bytes_get_u32(&b), 0x789abcde);
	assert_true(bytes_get_u64(&b) == 0xfedcba9876543210u);
	bytes_get_text(&b, text, sizeof text);
	assert_string_equal(text, "mail");
	bytes_get_text(&b, text, sizeof text);
	assert_string_equal(text, "");
	assert_memory_equal(bytes_get(&b, 2), "\0x", 2);
	assert_false(b.bad);
	assert_ptr_equal(b.at, b.end);
}

static void test_big_endian(void **state)
{
	uint8_t buf[15];
	struct bytes b;

	(void)state;
	bytes_init(&b, buf, sizeof buf);
	bytes_put_u8(&b, 1);
	bytes_put_u16(&b, 0x0203);
	bytes_put_u32(&b, 0x04050607);
	bytes_put_u64(&b, 0x08090a0b0c0d0e0fu);
	assert_memory_equal(buf, "\1\2\3\4\5\6\7\x8\x9\xa\xb\xc\xd\xe\xf", 15);
}

static void test_full(void **state)
{
	uint8_t buf[8];
	struct bytes b;

	(void)state;
	memset(buf, 'x', sizeof buf);
	bytes_init(&b, buf, 4);
	bytes_put_u16(&b, 0x6162);
	bytes_put_u32(&b, 0);
	assert_true(b.bad);
	bytes_put_u8(&b, 'c'); /* would fit, but the error stays */
	assert_true(b.bad);
	assert_memory_equal(buf, "abxxxxxx", 8);
	assert_ptr_equal(b.at, buf + 2);
	bytes_init(&b, buf, 4);
	bytes_put(&b, "wxyz", 4);
	assert_false(b.bad);
	bytes_put(&b, NULL, 0);
	assert_false(b.bad);
}

static void test_short(void **state)
{
	uint8_t buf[] = {1, 2, 3};
	char text[4] = "old";
	struct bytes b;

	(void)state;
	bytes_init(&b, buf, 3);
	assert_int_equal(bytes_get_u32(&b), 0);
	assert_true(b.bad);
	assert_int_equal(bytes_get_u8(&b), 0);
	assert_null(bytes_get(&b, 1));
	bytes_get_text(&b, text, sizeof text);
	assert_string_equal(text, "");
	bytes_init(&b, buf, 3);
	assert_null(bytes_get(&b, SIZE_MAX));
	assert_true(b.bad);
}

struct text_row {
	const char *name;
	const char *bytes;
	size_t len;
	bool good;
};

static const struct text_row text_rows[] = {
    {"a text that just fits with its NUL", "\0\3abc", 5, true},
    {"a text without room for its NUL", "\0\4abcd", 6, false},
    {"a text that holds a NUL", "\0\3a\0c", 5, false},
    {"a text that is longer than the buffer", "\0\3ab", 4, false},
    {"half a length", "\0", 1, false},
};

static void test_text(void **state)
{
	const struct text_row *row = *state;
	uint8_t buf[8];
	char text[4] = "old";
	struct bytes b;

	memcpy(buf, row->bytes, row->len);
	bytes_init(&b, buf, row->len);
	bytes_get_text(&b, text, sizeof text);
	assert_int_equal(b.bad, !row->good);
	assert_string_equal(text, row->good ? "abc" : "");
}

static void test_long_text(void **state)
{
	static char text[65537];
	static uint8_t buf[70000];
	struct bytes b;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	bytes_init(&b, buf, sizeof buf);
	bytes_put_text(&b, text);
	assert_true(b.bad);
	assert_ptr_equal(b.at, buf);
	text[65535] = '\0';
	bytes_init(&b, buf, sizeof buf);
	bytes_put_text(&b, text);
	assert_false(b.bad);
	assert_int_equal(b.at - buf, 65537);
}

static void test_checksum(void **state)
{
	(void)state;
	/* The published vectors of FNV-1a. */
	assert_true(bytes_checksum("", 0) == 0xcbf29ce484222325u);
	assert_true(bytes_checksum("a", 1) == 0xaf63dc4c8601ec8cu);
	assert_true(bytes_checksum("foobar", 6) == 0x85944171f73967e8u);
}

int main(void)
{
	static struct table t;

	TABLE_ONE(&t, "what was put is what is got", test_round_trip);
	TABLE_ONE(&t, "integers are big-endian", test_big_endian);
	TABLE_ONE(&t, "writing too much writes nothing more", test_full);
	TABLE_ONE(&t, "reading too much gives zeroes from then on", test_short);
	TABLE_ROWS(&t, test_text, text_rows);
	TABLE_ONE(&t, "a text of 65535 bytes, and of one more", test_long_text);
	TABLE_ONE(&t, "the checksum is FNV-1a", test_checksum);
	return table_run(&t, "bytes");
}
