/* request_test: "<map> <key>".
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include "table.h"
#include "wire/request.h"

#define M64 "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"

struct row {
	const char *name, *payload;
	size_t len; /* 0: strlen() */
	bool good;
	const char *map, *key;
};

static const struct row rows[] = {
    {"a map and a key", "QUERY example.com", 0, true, "QUERY", "example.com"},
    {"a key with blanks is split at the first", "QUERY a b ", 0, true, "QUERY",
	"a b "},
    {"an empty key", "QUERY ", 0, true, "QUERY", ""},
    {"a key of blanks", "QUERY  ", 0, true, "QUERY", " "},
    {"a map of 64 bytes", M64 " x", 0, true, M64, "x"},
    {"a map of 65 bytes", M64 "m x", 0, false, NULL, NULL},
    {"no blank", "QUERY", 0, false, NULL, NULL},
    {"a tab is no blank", "QUERY\texample.com", 0, false, NULL, NULL},
    {"an empty map", " example.com", 0, false, NULL, NULL},
    {"an empty payload", "", 0, false, NULL, NULL},
    {"a NUL in the key (peers fault 24)", "QUERY a\0b", 9, false, NULL, NULL},
    {"a NUL at the end (peers fault 24)", "QUERY a\0", 8, false, NULL, NULL},
    {"a NUL in the map (peers fault 24)", "QUE\0RY a", 8, false, NULL, NULL},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	size_t len = row->len > 0 ? row->len : strlen(row->payload);
	struct request r;

	assert_int_equal(request_parse(&r, row->payload, len), row->good);
	if (!row->good)
		return;
	assert_int_equal(r.map_len, strlen(row->map));
	assert_memory_equal(r.map, row->map, r.map_len);
	assert_int_equal(r.key_len, strlen(row->key));
	assert_memory_equal(r.key, row->key, r.key_len);
}

/* peers fault 24: the longest key that Postfix sends. */
static void test_longest(void **state)
{
	static char payload[REQUEST_MAX];
	struct request r;

	(void)state;
	memset(payload, 'k', sizeof payload);
	memcpy(payload, "QUERY ", 6);
	assert_true(request_parse(&r, payload, sizeof payload));
	assert_int_equal(r.key_len, REQUEST_MAX - 6);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a request of 10000 bytes", test_longest);
	return table_run(&t, "request");
}
