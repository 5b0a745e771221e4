/* table: each row of a table as a cmocka test of its own.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TEST_TABLE_H
#define MXPOLICY_TEST_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TABLE_MAX 300

struct table {
	struct CMUnitTest tests[TABLE_MAX];
	size_t len;
};

static inline void table_add(
    struct table *t, const char *name, CMUnitTestFunction f, const void *row)
{
	if (t->len == TABLE_MAX) {
		fprintf(stderr, "TABLE_MAX is too small\n");
		_Exit(99);
	}
	t->tests[t->len++] =
	    (struct CMUnitTest){name, f, NULL, NULL, (void *)(uintptr_t)row};
}

/* rows: an array of structs that have a name. */
#define TABLE_ROWS(t, f, rows)                                                 \
	for (size_t row_ = 0; row_ < sizeof(rows) / sizeof((rows)[0]); row_++) \
	table_add(t, (rows)[row_].name, f, &(rows)[row_])

#define TABLE_ONE(t, name, f) table_add(t, name, f, NULL)

static inline int table_run(const struct table *t, const char *group)
{
	return _cmocka_run_group_tests(group, t->tests, t->len, NULL, NULL);
}

#endif
