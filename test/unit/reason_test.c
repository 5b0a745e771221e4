/* reason_test: short printable texts from whatever is put into them.
 * SPDX-License-Identifier: MIT */
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

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a long text is cut at REASON_MAX", test_long);
	TABLE_ONE(
	    &t, "a reason may be part of its own new text", test_wraps_itself);
	TABLE_ONE(&t, "a cleared reason is empty", test_clear);
	return table_run(&t, "reason");
}
