/* mistake_test: what people publish in place of a policy or a TXT record.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "table.h"
#include "verb/lint/mistake.h"

#define HEAD "version: STSv1\nmode: enforce\n"
#define TAIL "mx: mail.a.example\nmax_age: 604800\n"

static const struct file_row {
	const char *name, *text;
	enum mistake wanted;
	unsigned line;
} file_rows[] = {
    {"a policy", HEAD TAIL, MISTAKE_NONE, 0},
    {"one with mistakes in its lines", HEAD "MX : x y\nmaxage=1\n",
	MISTAKE_NONE, 0},
    {"nothing", "", MISTAKE_BLANK, 0},
    {"line ends and blanks", "\r\n \n\t\n", MISTAKE_BLANK, 0},
    {"a document", "{\\rtf1\\ansi\n", MISTAKE_RTF, 1},
    {"a page", "<!doctype html>\nmode: enforce\n", MISTAKE_MARKUP, 1},
    {"an object", "{\"mode\": \"none\"}", MISTAKE_MARKUP, 1},
    {"a page's source", "---\nlayout: x\n---\n" HEAD TAIL, MISTAKE_FRONT_MATTER,
	1},
    {"the record", "v=STSv1; id=1;\n", MISTAKE_TXT_IN_FILE, 1},
    {"the record in a policy's place", "\"v=stsv1; id=1\"\n",
	MISTAKE_TXT_IN_FILE, 1},
    {"prose", "There is no mail here: go away.\nSee: elsewhere\n",
	MISTAKE_NO_POLICY, 1},
    {"a letter", "q", MISTAKE_NO_POLICY, 1},
    {"a choice", "version: STSv1\nmode: [testing|enforce]\n" TAIL,
	MISTAKE_TEMPLATE, 2},
    {"a name in brackets", HEAD "mx: [mx]\nmax_age: 9\n", MISTAKE_TEMPLATE, 3},
    {"a domain in brackets", HEAD "mx: mail.<domain>\n", MISTAKE_TEMPLATE, 3},
    {"a variable", HEAD "mx: ${MX}\n", MISTAKE_TEMPLATE, 3},
    {"one of another kind", HEAD "mx: {{ mx }}\n", MISTAKE_TEMPLATE, 3},
    {"brackets alone are none", "version: STSv1\nmode: [none]\nmax_age: 9\n",
	MISTAKE_NONE, 0},
    {"nor are they in a comment", HEAD TAIL "# <a>\n", MISTAKE_NONE, 0},
};

static void test_file(void **state)
{
	const struct file_row *row = *state;
	unsigned line = 99;

	assert_int_equal(
	    mistake_of_file(row->text, strlen(row->text), &line), row->wanted);
	assert_int_equal(line, row->line);
}

static const struct line_row {
	const char *name, *text;
	enum mistake wanted;
} line_rows[] = {
    {"a mark of byte order", "\xef\xbb\xbfversion: STSv1", MISTAKE_BOM},
    {"a comment", "# mode", MISTAKE_COMMENT},
    {"of another language", "// mode", MISTAKE_COMMENT},
    {"of a zone file", ";; mode", MISTAKE_COMMENT},
    {"of HTML", "<!-- mode -->", MISTAKE_COMMENT},
    {"an indented one", "   # mode", MISTAKE_COMMENT},
    {"a blank before it", " mode: none", MISTAKE_INDENTED},
    {"a tab before it", "\tmx: a.example", MISTAKE_INDENTED},
    {"an element", "- mx: a.example", MISTAKE_LIST},
    {"one without a name", "  - a.example", MISTAKE_LIST},
    {"an equals sign", "mode=none", MISTAKE_EQUALS},
    {"a blank before the colon", "mode : none", MISTAKE_BLANK_BEFORE_COLON},
    {"quotation marks", "\"mode\": \"none\"", MISTAKE_MARKS},
    {"a blank that is wider", "mode\xc2\xa0: none", MISTAKE_NOT_ASCII},
    {"a colon that is wider", "mode\xef\xbc\x9anone", MISTAKE_NOT_ASCII},
    {"what a shell says", "npm ERR!", MISTAKE_STRAY},
    {"a colon, but no field", "Note that: this", MISTAKE_STRAY},
    {"a line of a page generator", "---", MISTAKE_FRONT_MATTER},
};

static void test_line(void **state)
{
	const struct line_row *row = *state;

	assert_int_equal(
	    mistake_of_line(row->text, strlen(row->text)), row->wanted);
}

static const struct value_row {
	const char *name;
	enum mistake_field field;
	const char *text;
	enum mistake wanted;
} value_rows[] = {
    {"nothing", MISTAKE_MODE, "", MISTAKE_NONE},
    {"no name", MISTAKE_MX, "", MISTAKE_MX_EMPTY},
    {"enforced", MISTAKE_MODE, "enforced", MISTAKE_MODE_ENFORCE},
    {"Enforce", MISTAKE_MODE, "Enforce", MISTAKE_MODE_ENFORCE},
    {"test", MISTAKE_MODE, "test", MISTAKE_MODE_TESTING},
    {"on", MISTAKE_MODE, "on", MISTAKE_NONE},
    {"brackets", MISTAKE_MODE, "[testing]", MISTAKE_MARKS},
    {"quotation marks", MISTAKE_VERSION, "\"STSv1\"", MISTAKE_MARKS},
    {"a comment behind it", MISTAKE_MAX_AGE, "60 # a minute", MISTAKE_COMMENT},
    {"and behind a mx", MISTAKE_MX, "a.example ; first", MISTAKE_COMMENT},
    {"a policy behind it", MISTAKE_MAX_AGE, "60version: STSv1", MISTAKE_GLUED},
    {"a unit", MISTAKE_MAX_AGE, "1 week", MISTAKE_UNIT},
    {"a point", MISTAKE_MAX_AGE, "604.800", MISTAKE_UNIT},
    {"a word", MISTAKE_MAX_AGE, "enforce", MISTAKE_NONE},
    {"the root", MISTAKE_MX, ".", MISTAKE_MX_NULL},
    {"an address of the web", MISTAKE_MX, "https://a.example/", MISTAKE_MX_URL},
    {"the rest of one", MISTAKE_MX, "://a.example", MISTAKE_MX_URL},
    {"an address", MISTAKE_MX, "[192.0.2.1]", MISTAKE_MX_ADDRESS},
    {"a preference", MISTAKE_MX, "10 a.example", MISTAKE_MX_LIST},
    {"two", MISTAKE_MX, "a.example,b.example", MISTAKE_MX_LIST},
    {"a dot for an asterisk", MISTAKE_MX, ".a.example", MISTAKE_MX_DOT},
    {"an asterisk in a label", MISTAKE_MX, "m*.a.example", MISTAKE_MX_ASTERISK},
    {"one alone", MISTAKE_MX, "*", MISTAKE_MX_ASTERISK},
    {"a hyphen that is none", MISTAKE_MX,
	"a\xe2\x80\x91"
	"b.example",
	MISTAKE_NOT_ASCII},
    {"what nobody knows", MISTAKE_MX, "a_b..", MISTAKE_NONE},
};

static void test_value(void **state)
{
	const struct value_row *row = *state;

	assert_int_equal(
	    mistake_of_value(row->field, row->text, strlen(row->text)),
	    row->wanted);
}

static const struct txt_row {
	const char *name, *text;
	enum mistake wanted;
} txt_rows[] = {
    {"a blank before it", " v=STSv1; id=1;", MISTAKE_TXT_BLANK},
    {"quotation marks", "\"v=STSv1; id=1;\"", MISTAKE_TXT_QUOTES},
    {"escaped ones", "\\\"v=STSv1; id=1;\\\"", MISTAKE_TXT_QUOTES},
    {"an escaped semicolon", "v=STSv1\\; id=1\\;", MISTAKE_TXT_BACKSLASH},
    {"a mode", "v=STSv1; mode=none", MISTAKE_TXT_POLICY},
    {"a policy", "version: STSv1 mode: none max_age: 9", MISTAKE_TXT_POLICY},
    {"a line of a zone file", "_mta-sts IN TXT \"v=STSv1; id=1\"",
	MISTAKE_TXT_ZONE},
    {"a capital too many", "V=STSv1; id=1", MISTAKE_TXT_CASE},
    {"capitals too few", "v=stsv1; id=1", MISTAKE_TXT_CASE},
    {"a report's address", "v=TLSRPTv1; rua=mailto:a@a.example",
	MISTAKE_TXT_OTHER},
    {"the id first", "id=1; v=STSv1", MISTAKE_TXT_ORDER},
    {"no semicolon", "v=STSv1 id=1", MISTAKE_TXT_SEMICOLON},
    {"a comma", "v=STSv1, id=1", MISTAKE_TXT_SEMICOLON},
    {"nothing more", "v=STSv1", MISTAKE_TXT_SEMICOLON},
    {"a colon", "v=STSv1; id:1", MISTAKE_TXT_COLON},
    {"a comment", "v=STSv1; id=1 # today", MISTAKE_TXT_COMMENT},
    {"a date with hyphens", "v=STSv1; id=2031-01-31", MISTAKE_TXT_HYPHEN},
    {"an underscore", "v=STSv1; id=v_2;", MISTAKE_TXT_HYPHEN},
    {"a name in brackets", "v=STSv1; id=<id>", MISTAKE_TEMPLATE},
    {"a variable", "v=STSv1; id=${ID};", MISTAKE_TEMPLATE},
    {"a command", "v=STSv1; id=$(date +%s)", MISTAKE_TEMPLATE},
    {"nothing that is known", "hello", MISTAKE_NONE},
    {"no id", "v=STSv1;", MISTAKE_NONE},
    {"an empty id", "v=STSv1; id=", MISTAKE_NONE},
};

static void test_txt(void **state)
{
	const struct txt_row *row = *state;

	size_t at;

	assert_int_equal(
	    mistake_of_txt(row->text, strlen(row->text), &at), row->wanted);
	assert_in_range(at, 0, strlen(row->text));
}

static const struct name_row {
	const char *name;
	enum mistake_field wanted;
} name_rows[] = {
    {"version", MISTAKE_VERSION},
    {"Versions", MISTAKE_VERSION},
    {"verison", MISTAKE_VERSION},
    {" - \"mode\" ", MISTAKE_MODE},
    {"modes", MISTAKE_MODE},
    {"max-age", MISTAKE_MAX_AGE},
    {"maxage", MISTAKE_MAX_AGE},
    {"MX", MISTAKE_MX},
    {"mx1", MISTAKE_MX},
    {"mxs", MISTAKE_MX},
    {"id", MISTAKE_FIELDS},
    {"made up", MISTAKE_FIELDS},
    {"note", MISTAKE_FIELDS},
    {"mta", MISTAKE_FIELDS},
    {"", MISTAKE_FIELDS},
    {"a name that is much longer than any field", MISTAKE_FIELDS},
};

static void test_name(void **state)
{
	const struct name_row *row = *state;

	assert_int_equal(
	    mistake_meant(row->name, strlen(row->name)), row->wanted);
}

static void test_outline(void **state)
{
	static const char text[] = "eversion: STSv1\n mode: none\nmax_age: 9\n";
	struct mistake_outline o;

	(void)state;
	mistake_outline(&o, text, strlen(text));
	assert_false(o.exact[MISTAKE_VERSION] || o.exact[MISTAKE_MODE]);
	assert_true(o.exact[MISTAKE_MAX_AGE]);
	assert_true(o.meant[MISTAKE_VERSION] && o.meant[MISTAKE_MODE]);
	assert_false(o.meant[MISTAKE_MX]);
}

static void test_not_ascii(void **state)
{
	size_t at;

	(void)state;
	assert_int_equal(mistake_not_ascii("abc", 3, &at), 0);
	assert_int_equal(mistake_not_ascii("a\xc2\xa0", 3, &at), 0xa0);
	assert_int_equal(at, 1);
	assert_int_equal(mistake_not_ascii("\xe2\x80\x9c", 3, &at), 0x201c);
	assert_int_equal(
	    mistake_not_ascii("\xf0\x9f\x92\xa9", 4, &at), 0x1f4a9);
	assert_int_equal(mistake_not_ascii("\xff", 1, &at), 0xfffd);
	assert_int_equal(mistake_not_ascii("\xe2\x80", 2, &at), 0xfffd);
}

/* Each has a name and words. */
static void test_words(void **state)
{
	(void)state;
	for (int m = MISTAKE_NONE + 1; m < MISTAKES; m++) {
		assert_non_null(mistake_id((enum mistake)m));
		assert_non_null(mistake_text((enum mistake)m));
	}
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_file, file_rows);
	TABLE_ROWS(&t, test_line, line_rows);
	TABLE_ROWS(&t, test_value, value_rows);
	TABLE_ROWS(&t, test_txt, txt_rows);
	TABLE_ROWS(&t, test_name, name_rows);
	TABLE_ONE(&t, "an outline", test_outline);
	TABLE_ONE(&t, "characters beyond ASCII", test_not_ascii);
	TABLE_ONE(&t, "words", test_words);
	return table_run(&t, "mistake");
}
