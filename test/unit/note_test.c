/* note_test: what a lookup tells a person, written and read.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/note.h"

static struct note_view v;

static void what_is_written_is_read(void **state)
{
	static struct note n;

	(void)state;
	note_begin(&n, "dns");
	note_add(&n, "name", "example.com");
	note_add(&n, "why", "100% of\nit = odd");
	note_add_bytes(&n, "raw", "a\0b\xff", 4);
	note_add_number(&n, "ttl", -5);
	note_add_flag(&n, "usable", true);
	note_add(&n, "empty", "");
	assert_true(note_parse(&v, n.text, note_len(&n)));
	assert_string_equal(v.kind, "dns");
	assert_int_equal(v.n, 6);
	assert_string_equal(note_get(&v, "name"), "example.com");
	assert_string_equal(note_get(&v, "why"), "100% of\nit = odd");
	assert_string_equal(note_get(&v, "raw"), "a?b\xff");
	assert_int_equal(note_get_number(&v, "ttl"), -5);
	assert_true(note_get_flag(&v, "usable"));
	assert_string_equal(note_get(&v, "empty"), "");
	assert_string_equal(note_get(&v, "absent"), "");
	assert_int_equal(note_get_number(&v, "name"), 0);
	assert_false(note_get_flag(&v, "name"));
}

/* Only printable ASCII goes over the pipe, whatever a stranger wrote. */
static void every_byte_is_printable(void **state)
{
	static struct note n;
	char all[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	note_begin(&n, "line");
	note_add_bytes(&n, "text", all, sizeof all);
	for (size_t i = 0; i < note_len(&n); i++)
		assert_in_range(n.text[i], 0x20, 0x7e);
	assert_true(note_parse(&v, n.text, note_len(&n)));
	assert_int_equal(note_get(&v, "text")[0], '?');
	assert_memory_equal(note_get(&v, "text") + 1, all + 1, 255);
}

static void what_does_not_fit_is_cut(void **state)
{
	static char big[NOTE_TEXT_MAX + 100];
	static struct note n;

	(void)state;
	memset(big, 0xff, sizeof big);
	note_begin(&n, "line");
	note_add_bytes(&n, "text", big, sizeof big);
	note_add(&n, "behind", "no room");
	assert_in_range(note_len(&n), NOTE_TEXT_MAX - 3, NOTE_TEXT_MAX);
	assert_true(note_parse(&v, n.text, note_len(&n)));
	assert_int_equal(v.n, 1);
	assert_memory_equal(note_get(&v, "text"), big, NOTE_TEXT_MAX / 3 - 10);
}

struct row {
	const char *name, *text;
};

static const struct row bad[] = {
    {"nothing", ""},
    {"no kind", " a=b"},
    {"a field without a value", "dns name"},
    {"two blanks", "dns  name=a"},
    {"a blank at the end", "dns name=a "},
    {"half an escape", "dns name=%4"},
    {"an escape that ends", "dns name=%"},
    {"lower-case hex", "dns name=%0a"},
    {"no hex", "dns name=%G0"},
    {"too many fields", "dns a= b= c= d= e= f= g= h= i= j= k= l= m="},
};

static void refused(void **state)
{
	const struct row *r = *state;
	size_t len = strlen(r->text);
	/* On the heap of its exact size, so that over-reading is seen. */
	char *copy = malloc(len > 0 ? len : 1);

	assert_non_null(copy);
	memcpy(copy, r->text, len);
	assert_false(note_parse(&v, copy, len));
	free(copy);
}

static void what_nobody_writes_is_refused(void **state)
{
	static char big[NOTE_TEXT_MAX + 1];

	(void)state;
	assert_false(note_parse(&v, "dns a=b\0c", 9));
	memset(big, 'a', sizeof big);
	assert_true(note_parse(&v, big, NOTE_TEXT_MAX));
	assert_false(note_parse(&v, big, NOTE_TEXT_MAX + 1));
}

int main(void)
{
	static struct table t;

	TABLE_ONE(&t, "what is written is read", what_is_written_is_read);
	TABLE_ONE(&t, "every byte is printable", every_byte_is_printable);
	TABLE_ONE(&t, "what does not fit is cut", what_does_not_fit_is_cut);
	TABLE_ONE(
	    &t, "a NUL, or one byte too many", what_nobody_writes_is_refused);
	TABLE_ROWS(&t, refused, bad);
	return table_run(&t, "note");
}
