/* netstring_test: frames, right, partial and broken.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/netstring.h"

#define MAX 100

struct row {
	const char *name, *bytes;
	enum netstring result;
	const char *payload;
	size_t used;
};

static const struct row rows[] = {
    {"a frame", "5:hello,", NETSTRING_WHOLE, "hello", 8},
    {"an empty payload", "0:,", NETSTRING_WHOLE, "", 3},
    {"a frame and the next one", "2:ab,3:cde,", NETSTRING_WHOLE, "ab", 5},
    {"leading zeros as Postfix takes them (peers fault 24)",
	"0000000005:hello,", NETSTRING_WHOLE, "hello", 17},
    {"more digits than ten (peers fault 24)", "00000000005:hello,",
	NETSTRING_BROKEN, NULL, 0},
    {"eleven digits, broken before the colon comes", "00000000000",
	NETSTRING_BROKEN, NULL, 0},
    {"ten digits are right so far", "0000000000", NETSTRING_PARTIAL, NULL, 0},
    {"a length that wraps 32 bits (peers fault 24)", "4294967301:hello,",
	NETSTRING_BROKEN, NULL, 0},
    {"a length that wraps 64 bits (peers fault 24)",
	"18446744073709551621:hello,", NETSTRING_BROKEN, NULL, 0},
    {"a length over the limit is seen at its last digit", "101",
	NETSTRING_BROKEN, NULL, 0},
    {"a length at the limit", "100:", NETSTRING_PARTIAL, NULL, 0},
    {"nothing yet", "", NETSTRING_PARTIAL, NULL, 0},
    {"a length without colon", "5", NETSTRING_PARTIAL, NULL, 0},
    {"half a payload", "5:hel", NETSTRING_PARTIAL, NULL, 0},
    {"a payload without comma", "5:hello", NETSTRING_PARTIAL, NULL, 0},
    {"another byte than the comma", "5:hello;", NETSTRING_BROKEN, NULL, 0},
    {"a payload that is longer than it says", "4:hello,", NETSTRING_BROKEN,
	NULL, 0},
    {"no length", ":hello,", NETSTRING_BROKEN, NULL, 0},
    {"no length and nothing in it", ":,", NETSTRING_BROKEN, NULL, 0},
    {"another byte than the colon", "5xhello,", NETSTRING_BROKEN, NULL, 0},
    {"a sign", "+5:hello,", NETSTRING_BROKEN, NULL, 0},
    {"a minus", "-1:hello,", NETSTRING_BROKEN, NULL, 0},
    {"a blank before the length", " 5:hello,", NETSTRING_BROKEN, NULL, 0},
    {"a blank after the length", "5 :hello,", NETSTRING_BROKEN, NULL, 0},
    {"a letter in the length", "5x:hello,", NETSTRING_BROKEN, NULL, 0},
    {"another protocol", "GET / HTTP/1.0\r\n", NETSTRING_BROKEN, NULL, 0},
};

static enum netstring parse_copy(
    const char *bytes, size_t size, size_t *offset, size_t *len, size_t *used)
{
	/* On the heap of its exact size, so that over-reading is seen. */
	char *copy = malloc(size > 0 ? size : 1);
	const char *payload = NULL;
	enum netstring result;

	assert_non_null(copy);
	memcpy(copy, bytes, size);
	result = netstring_parse(copy, size, MAX, &payload, len, used);
	*offset = payload != NULL ? (size_t)(payload - copy) : SIZE_MAX;
	free(copy);
	return result;
}

static void test_row(void **state)
{
	const struct row *row = *state;
	size_t offset, len = 77, used = 88;

	assert_int_equal(
	    parse_copy(row->bytes, strlen(row->bytes), &offset, &len, &used),
	    row->result);
	if (row->result != NETSTRING_WHOLE) {
		assert_true(offset == SIZE_MAX);
		assert_int_equal(len, 77);
		assert_int_equal(used, 88);
		return;
	}
	assert_int_equal(len, strlen(row->payload));
	assert_memory_equal(row->bytes + offset, row->payload, len);
	assert_int_equal(used, row->used);
}

static void test_prefixes(void **state)
{
	static const char frame[] = "0011:QUERY a.b,c,";
	size_t size = sizeof frame - 1, offset, len, used;

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(parse_copy(frame, cut, &offset, &len, &used),
		    NETSTRING_PARTIAL);
	assert_int_equal(
	    parse_copy(frame, size, &offset, &len, &used), NETSTRING_WHOLE);
	assert_int_equal(len, 11);
	assert_int_equal(used, size);
}

static void test_binary(void **state)
{
	static const char frame[] = "4:a\0,b,";
	size_t offset, len, used;

	(void)state;
	assert_int_equal(
	    parse_copy(frame, sizeof frame - 1, &offset, &len, &used),
	    NETSTRING_WHOLE);
	assert_int_equal(len, 4);
	assert_int_equal(offset, 2);
}

static void test_large_limit(void **state)
{
	const char *payload = NULL;
	size_t len, used;

	(void)state;
	assert_int_equal(netstring_parse("9999999999:x", 12, SIZE_MAX, &payload,
			     &len, &used),
	    NETSTRING_PARTIAL);
}

struct head_row {
	const char *name;
	size_t len;
	const char *head;
};

static const struct head_row head_rows[] = {
    {"head: nothing", 0, "0:"},
    {"head: one digit", 9, "9:"},
    {"head: two digits", 10, "10:"},
    {"head: the longest reply", 100000, "100000:"},
    {"head: all ten digits", 4294967295, "4294967295:"},
};

static void test_head(void **state)
{
	const struct head_row *row = *state;
	char buf[NETSTRING_HEAD_ROOM + 1];
	const char *at;

	buf[NETSTRING_HEAD_ROOM] = 'P';
	at = netstring_format_head(buf, row->len);
	assert_true(at >= buf);
	assert_int_equal(buf + NETSTRING_HEAD_ROOM - at, strlen(row->head));
	assert_memory_equal(at, row->head, strlen(row->head));
	assert_int_equal(buf[NETSTRING_HEAD_ROOM], 'P');
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "every beginning of a frame is partial", test_prefixes);
	TABLE_ONE(&t, "NUL and comma may be in a payload", test_binary);
	TABLE_ONE(&t, "no limit, and ten nines", test_large_limit);
	TABLE_ROWS(&t, test_head, head_rows);
	return table_run(&t, "netstring");
}
