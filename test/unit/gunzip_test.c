/* gunzip_test: bodies that are whole, cut, damaged or too large.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "lookup/gunzip.h"

#include <zlib.h>

#define TEXT "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"
#define PACKED_MAX 512
#define ROOM 4096

static unsigned char packed[PACKED_MAX];

/* Pack a text as gzip does, behind what is there. */
static size_t pack(size_t at, const char *text, size_t len)
{
	z_stream z = {
	    .next_in = (unsigned char *)(uintptr_t)text,
	    .avail_in = (unsigned int)len,
	    .next_out = packed + at,
	    .avail_out = (unsigned int)(sizeof packed - at),
	};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9,
			     Z_DEFAULT_STRATEGY),
	    Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return sizeof packed - z.avail_out;
}

/* Input and output of exactly these sizes, so that access behind them is
 * seen. */
static enum gunzip unpack(size_t len, size_t max, const char *wanted)
{
	unsigned char *in = malloc(len > 0 ? len : 1);
	char *out = malloc(max > 0 ? max : 1);
	enum gunzip result;
	size_t n = 0;

	assert_non_null(in);
	assert_non_null(out);
	memcpy(in, packed, len);
	result = gunzip(in, len, out, max, &n);
	if (result == GUNZIP_WHOLE) {
		assert_int_equal(n, strlen(wanted));
		assert_memory_equal(out, wanted, n);
	}
	free(in);
	free(out);
	return result;
}

static void test_whole(void **state)
{
	size_t len = pack(0, TEXT, strlen(TEXT));

	(void)state;
	assert_int_equal(unpack(len, ROOM, TEXT), GUNZIP_WHOLE);
	assert_int_equal(unpack(len, strlen(TEXT), TEXT), GUNZIP_WHOLE);
	assert_int_equal(unpack(len, strlen(TEXT) - 1, TEXT), GUNZIP_TOO_LARGE);
}

static void test_nothing_in_it(void **state)
{
	size_t len = pack(0, "", 0);

	(void)state;
	assert_int_equal(unpack(len, ROOM, ""), GUNZIP_WHOLE);
}

static void test_members(void **state)
{
	size_t len = pack(pack(0, "one ", 4), "two", 3);

	(void)state;
	assert_int_equal(unpack(len, ROOM, "one two"), GUNZIP_WHOLE);
	assert_int_equal(unpack(len, 7, "one two"), GUNZIP_WHOLE);
	assert_int_equal(unpack(len - 1, ROOM, ""), GUNZIP_CUT);
}

static void test_cut(void **state)
{
	size_t len = pack(0, TEXT, strlen(TEXT));

	(void)state;
	for (size_t i = 0; i < len; i++)
		assert_int_equal(unpack(i, ROOM, ""), GUNZIP_CUT);
}

static void test_damaged(void **state)
{
	size_t len = pack(0, TEXT, strlen(TEXT));

	(void)state;
	memcpy(packed + len, "xx", 2);
	assert_int_equal(unpack(len + 2, ROOM, ""), GUNZIP_DAMAGED);
	assert_int_equal(unpack(len + 1, ROOM, ""), GUNZIP_CUT);
	packed[len - 5] ^= 1; /* the checksum */
	assert_int_equal(unpack(len, ROOM, ""), GUNZIP_DAMAGED);
	memcpy(packed, TEXT, strlen(TEXT));
	assert_int_equal(unpack(strlen(TEXT), ROOM, ""), GUNZIP_DAMAGED);
}

static void test_bomb(void **state)
{
	static char text[100 * ROOM];
	size_t len;

	(void)state;
	memset(text, 'x', sizeof text);
	len = pack(0, text, sizeof text);
	assert_int_equal(unpack(len, ROOM, ""), GUNZIP_TOO_LARGE);
}

int main(void)
{
	static struct table t;

	TABLE_ONE(&t, "a whole body, into just enough room", test_whole);
	TABLE_ONE(&t, "nothing is in it", test_nothing_in_it);
	TABLE_ONE(&t, "two members are one content", test_members);
	TABLE_ONE(&t, "cut at every byte", test_cut);
	TABLE_ONE(&t, "bytes behind it, checksum, no gzip", test_damaged);
	TABLE_ONE(&t, "a hundred times more than fits", test_bomb);
	return table_run(&t, "gunzip");
}
