/* reason_test: short printable texts from whatever is put into them.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include "table.h"
#include "policy/reason.h"

struct row {
	const char *name, *in, *out;
};

static const struct row rows[] = {
    {"plain text stays as it is", "MX lookup: timeout", "MX lookup: timeout"},
    {"an empty text is empty", "", ""},
    {"control bytes become question marks", "a\r\nb\tc\x1b[0m\x7f",
	"a??b?c?[0m?"},
    {"bytes over 127 become question marks",
	"b\xc3\xbc"
	"cher",
	"b??cher"},
    {"the first and the last printable byte stay", " ~", " ~"},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct reason r;

	reason_set(&r, "%s", row->in);
	assert_string_equal(r.text, row->out);
}

static void test_long(void **state)
{
	char text[2 * REASON_MAX + 1];
	struct reason r;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	reason_set(&r, "%s", text);
	assert_int_equal(strlen(r.text), REASON_MAX);
}

static void test_wraps_itself(void **state)
{
	struct reason r;

	(void)state;
	reason_set(&r, "timeout");
	reason_set(&r, "%s of %s: %s", "MX", "example.com", r.text);
	assert_string_equal(r.text, "MX of example.com: timeout");
}

static void test_clear(void **state)
{
	struct reason r;

	(void)state;
	reason_set(&r, "%d", 7);
	assert_string_equal(r.text, "7");
	reason_clear(&r);
	assert_string_equal(r.text, "");
}

static void test_cause(void **state)
{
	struct reason r, wrapped;

	(void)state;
	reason_fail(&r, CAUSE_DNS_BOGUS, "bogus: %s", "no signature");
	assert_int_equal(r.cause, CAUSE_DNS_BOGUS);
	reason_fail(&wrapped, r.cause, "MX a.example: %s", r.text);
	assert_int_equal(wrapped.cause, CAUSE_DNS_BOGUS);
	reason_set(&r, "a remark");
	assert_int_equal(r.cause, CAUSE_NONE);
	reason_fail(&r, CAUSE_DISK, "x");
	reason_clear(&r);
	assert_int_equal(r.cause, CAUSE_NONE);
}

static void test_errno(void **state)
{
	struct reason r;

	(void)state;
	reason_fail_errno(&r, CAUSE_FILE, EACCES, "open %s", "x");
	assert_int_equal(r.cause, CAUSE_FILE);
	assert_string_equal(r.text, "open x: Permission denied");
	reason_fail_errno(&r, CAUSE_FILE, ENOMEM, "open");
	assert_int_equal(r.cause, CAUSE_MEMORY);
	reason_fail_errno(&r, CAUSE_FILE, EMFILE, "open");
	assert_int_equal(r.cause, CAUSE_DESCRIPTORS);
	reason_fail_errno(&r, CAUSE_FILE, ENOSPC, "open");
	assert_int_equal(r.cause, CAUSE_DISK);
}

/* Words are their own opposites, and everybody's failure has its owner. */
static void test_words(void **state)
{
	(void)state;
	for (int i = 0; i < CAUSES; i++) {
		const char *word = cause_name((enum cause)i);
		enum cause back;

		assert_non_null(word);
		assert_true(cause_parse(&back, word, strlen(word)));
		assert_int_equal(back, i);
		assert_false(cause_parse(&back, word, strlen(word) - 1));
		assert_int_equal(cause_owner((enum cause)i) == CAUSE_OF_NOBODY,
		    i == CAUSE_NONE || i == CAUSE_DEADLINE);
	}
	assert_int_equal(cause_owner(CAUSE_DNS_SILENT), CAUSE_OF_NETWORK);
	assert_int_equal(cause_owner(CAUSE_DNS_TIMEOUT), CAUSE_OF_DOMAIN);
	assert_int_equal(cause_owner(CAUSE_RESOLVE_DIED), CAUSE_OF_US);
	assert_string_equal(cause_owner_name(CAUSE_OF_US), "local");
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a long text is cut at REASON_MAX", test_long);
	TABLE_ONE(
	    &t, "a reason may be part of its own new text", test_wraps_itself);
	TABLE_ONE(&t, "a cleared reason is empty", test_clear);
	TABLE_ONE(&t, "a cause is kept until it is set again", test_cause);
	TABLE_ONE(&t, "errno names memory, descriptors, disk", test_errno);
	TABLE_ONE(&t, "each cause has a word and an owner", test_words);
	return table_run(&t, "reason");
}
