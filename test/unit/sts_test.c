/* sts_test: TXT records and policy files, right, odd and hostile.
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include "table.h"
#include "policy/sts.h"

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"

struct txt_row {
	const char *name, *txt;
	enum sts_txt result;
	const char *id, *why;
};

#define OTHER STS_TXT_OTHER, NULL, NULL
#define VALID(id) STS_TXT_VALID, id, NULL
#define INVALID(why) STS_TXT_INVALID, NULL, why

static const struct txt_row txt_rows[] = {
    {"TXT: the example of RFC 8461", "v=STSv1; id=20160831085700Z;",
	VALID("20160831085700Z")},
    {"TXT: without the last semicolon", "v=STSv1; id=1", VALID("1")},
    {"TXT: without blanks", "v=STSv1;id=1;", VALID("1")},
    {"TXT: blanks and tabs around semicolons", "v=STSv1 \t;\t id=1 ; a=b ; ",
	VALID("1")},
    {"TXT: an id of 32", "v=STSv1; id=" ID32, VALID(ID32)},
    {"TXT: an id of 33", "v=STSv1; id=" ID32 "6", INVALID("bad id")},
    {"TXT: an extension before the id", "v=STSv1; x=y; id=1", VALID("1")},
    {"TXT: an extension with any allowed byte",
	"v=STSv1; id=1; a_b-c.d=!:<>~{}", VALID("1")},
    {"TXT: the first of two ids counts (peers fault 27)", "v=STSv1; id=1; id=2",
	VALID("1")},
    {"TXT: a second id that is none is an extension", "v=STSv1; id=1; id=a-b",
	VALID("1")},
    {"TXT: a first id that is none counts", "v=STSv1; id=a-b; id=1",
	INVALID("bad id \"a-b\"")},
    {"TXT: another record", "google-site-verification=x", OTHER},
    {"TXT: empty", "", OTHER},
    {"TXT: half a version", "v=STS", OTHER},
    {"TXT: no semicolon (peers fault 26)", "v=STSv1", OTHER},
    {"TXT: no semicolon before the id (peers fault 26)", "v=STSv1 id=1", OTHER},
    {"TXT: another version", "v=STSv2; id=1", OTHER},
    {"TXT: a longer version", "v=STSv10; id=1", OTHER},
    {"TXT: the version in small letters", "v=stsv1; id=1", OTHER},
    {"TXT: a capital V", "V=STSv1; id=1", OTHER},
    {"TXT: a leading blank", " v=STSv1; id=1", OTHER},
    {"TXT: the version is not first", "id=1; v=STSv1;", OTHER},
    {"TXT: quotes that were published", "\"v=STSv1; id=1\"", OTHER},
    {"TXT: no id", "v=STSv1;", INVALID("no id")},
    {"TXT: an extension alone", "v=STSv1; a=b", INVALID("no id")},
    {"TXT: an empty id", "v=STSv1; id=;", INVALID("bad value")},
    {"TXT: an id with a hyphen", "v=STSv1; id=2016-08-31", INVALID("bad id")},
    {"TXT: an id that begins with a hyphen", "v=STSv1; id=-1",
	INVALID("bad id")},
    {"TXT: an id in capitals is an extension", "v=STSv1; ID=1",
	INVALID("no id")},
    {"TXT: blanks around the equals sign", "v=STSv1; id = 1",
	INVALID("no field")},
    {"TXT: a blank before the value", "v=STSv1; id= 1", INVALID("bad value")},
    {"TXT: a blank in the value", "v=STSv1; id=1 2", INVALID("bad value")},
    {"TXT: a trailing blank without semicolon", "v=STSv1; id=1 ",
	INVALID("bad value")},
    {"TXT: a field name alone", "v=STSv1; id", INVALID("no field")},
    {"TXT: a field without name", "v=STSv1; =x; id=1", INVALID("no field")},
    {"TXT: two semicolons", "v=STSv1;; id=1", INVALID("no field")},
    {"TXT: a comma for a semicolon", "v=STSv1, id=1", OTHER},
    {"TXT: a second equals sign", "v=STSv1; id=1=2", INVALID("bad value")},
    {"TXT: a byte over 127", "v=STSv1; id=1; a=\xc3\xbc", INVALID("bad value")},
    {"TXT: a control byte", "v=STSv1; id=1\x01", INVALID("bad value")},
    {"TXT: a field name of 32", "v=STSv1; id=1; " ID32 "=x", VALID("1")},
    {"TXT: a field name of 33", "v=STSv1; id=1; " ID32 "6=x",
	INVALID("no field")},
    {"TXT: a field name that begins with a dot", "v=STSv1; id=1; .a=x",
	INVALID("no field")},
    {"TXT: a foreign text in the reason is short and printable",
	"v=STSv1; \x1b\xff", INVALID("no field at \"??\"")},
};

static void test_txt(void **state)
{
	const struct txt_row *row = *state;
	char id[STS_ID_MAX + 1] = "old";
	struct reason why = {CAUSE_NONE, "old"};
	size_t len = strlen(row->txt);
	/* On the heap of its exact size, so that over-reading is seen. */
	char *txt = malloc(len > 0 ? len : 1);

	assert_non_null(txt);
	memcpy(txt, row->txt, len);
	assert_int_equal(sts_parse_txt(txt, len, id, &why), row->result);
	free(txt);
	assert_string_equal(id, row->id != NULL ? row->id : "old");
	if (row->why == NULL)
		assert_string_equal(why.text, "old");
	else if (strstr(why.text, row->why) == NULL)
		fail_msg("said \"%s\"", why.text);
}

static void test_txt_nul(void **state)
{
	char id[STS_ID_MAX + 1];
	struct reason why;

	(void)state;
	assert_int_equal(
	    sts_parse_txt("v=STSv1; id=1\0", 14, id, &why), STS_TXT_INVALID);
	assert_int_equal(
	    sts_parse_txt("v=STSv1\0; id=1", 14, id, &why), STS_TXT_OTHER);
}

#define HEAD "version: STSv1\nmode: enforce\nmax_age: 86400\n"
#define GOOD HEAD "mx: a.example.com\n"

struct policy_row {
	const char *name, *file;
	/* What is expected: the canonical text, or NULL and the reason. */
	const char *text, *why;
	enum sts_mode mode;
	uint32_t max_age;
};

#define TAKEN(text, mode, max_age) text, NULL, mode, max_age
#define ENFORCE(text) TAKEN(text, STS_MODE_ENFORCE, 86400)
#define BAD(why) NULL, why, STS_MODE_NONE, 0
#define AGE(value) "version: STSv1\nmode: none\nmax_age: " value "\n"
#define AGED(value, age) TAKEN(AGE(value), STS_MODE_NONE, age)
#define MX(value) HEAD "mx: " value "\n"
#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789a"
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678"
#define L59 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456"
#define N253 L63 "." L63 "." L63 "." L61

static const struct policy_row policy_rows[] = {
    {"the example of RFC 8461",
	"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\n"
	"mx: *.example.net\r\nmx: backupmx.example.com\r\n"
	"max_age: 604800\r\n",
	TAKEN("version: STSv1\nmode: enforce\nmx: mail.example.com\n"
	      "mx: *.example.net\nmx: backupmx.example.com\n"
	      "max_age: 604800\n",
	    STS_MODE_ENFORCE, 604800)},
    {"bare line feeds", GOOD, ENFORCE(GOOD)},
    {"no end of the last line", HEAD "mx: a.example.com", ENFORCE(GOOD)},
    {"a carriage return at the end of the file", HEAD "mx: a.example.com\r",
	ENFORCE(GOOD)},
    {"blanks behind values",
	"version: STSv1 \nmode: enforce\t \r\nmax_age: 86400  \n"
	"mx: a.example.com \t\n",
	ENFORCE(GOOD)},
    {"no blank behind the colon, or many",
	"version:STSv1\nmode:  enforce\nmax_age:\t86400\n"
	"mx:a.example.com\n",
	ENFORCE(GOOD)},
    {"empty lines at the end", GOOD "\n\r\n  \n", ENFORCE(GOOD)},
    {"an empty line in the middle", HEAD "\nmx: a.example.com\n",
	ENFORCE(GOOD)},
    {"any order",
	"mx: a.example.com\nmax_age: 86400\nmode: testing\n"
	"version: STSv1\n",
	TAKEN("mx: a.example.com\nmax_age: 86400\nmode: testing\n"
	      "version: STSv1\n",
	    STS_MODE_TESTING, 86400)},
    {"mode none without mx (peers fault 33)",
	"version: STSv1\nmode: none\nmax_age: 0\n", AGED("0", 0)},
    {"mode testing without mx", "version: STSv1\nmode: testing\nmax_age: 1\n",
	BAD("policy without mx")},
    {"mode enforce without mx", HEAD, BAD("policy without mx")},
    {"no version", "mode: none\nmax_age: 1\n", BAD("policy without version")},
    {"no mode", "version: STSv1\nmax_age: 1\n", BAD("policy without mode")},
    {"no max_age", "version: STSv1\nmode: none\n",
	BAD("policy without max_age")},
    {"an empty file", "", BAD("policy without version")},

    {"another version", "version: STSv2\nmode: none\nmax_age: 1\n",
	BAD("line 1: version")},
    {"the version in small letters", "version: stsv1\nmode: none\nmax_age: 1\n",
	BAD("line 1: version")},
    {"a field name in capitals is another field",
	"Version: STSv1\nmode: none\nmax_age: 1\n",
	BAD("policy without version")},
    {"a mode in capitals", "version: STSv1\nmode: Enforce\nmax_age: 1\n",
	BAD("line 2: mode")},
    {"an unknown mode", "version: STSv1\nmode: report\nmax_age: 1\n",
	BAD("line 2: mode")},
    {"an empty mode", "version: STSv1\nmode:\nmax_age: 1\n",
	BAD("line 2: mode")},
    {"a longer mode", "version: STSv1\nmode: nonee\nmax_age: 1\n",
	BAD("line 2: mode")},

    {"the first of two modes counts (peers fault 27)",
	"version: STSv1\nmode: enforce\nmax_age: 86400\nmode: none\n"
	"mx: a.example.com\n",
	ENFORCE(GOOD)},
    {"the first of two max_ages counts (peers fault 27)",
	HEAD "max_age: 1\nmx: a.example.com\n", ENFORCE(GOOD)},
    {"the first of two versions counts (peers fault 27)",
	HEAD "version: STSv2\nmx: a.example.com\n", ENFORCE(GOOD)},
    {"a duplicate is not judged",
	HEAD "mode: nonsense\nmax_age: x\nmx: a.example.com\n", ENFORCE(GOOD)},

    {"max_age of ten digits is capped (peers fault 12)", AGE("9999999999"),
	AGED("9999999999", STS_MAX_AGE_MAX)},
    {"max_age one over the cap (peers fault 12)", AGE("31557601"),
	AGED("31557601", STS_MAX_AGE_MAX)},
    {"max_age at the cap", AGE("31557600"), AGED("31557600", 31557600)},
    {"max_age that wraps 32 bits is capped", AGE("4294967296"),
	AGED("4294967296", STS_MAX_AGE_MAX)},
    {"max_age with leading zeros", AGE("0000000060"), AGED("0000000060", 60)},
    {"max_age of eleven digits", AGE("00000000060"), BAD("line 3: max_age")},
    {"max_age with a plus (peers fault 12)", AGE("+60"),
	BAD("line 3: max_age")},
    {"max_age with a minus", AGE("-60"), BAD("line 3: max_age")},
    {"max_age with an underscore (peers fault 12)", AGE("6_0"),
	BAD("line 3: max_age")},
    {"max_age with a fraction", AGE("60.0"), BAD("line 3: max_age")},
    {"max_age of two numbers", AGE("60 60"), BAD("line 3: max_age")},
    {"max_age in hexadecimal", AGE("0x60"), BAD("line 3: max_age")},
    {"max_age that is empty", AGE(""), BAD("line 3: max_age")},
    {"max_age in digits of another script", AGE("\xd9\xa1"),
	BAD("line 3: max_age")},

    {"an mx in capitals is folded", MX("MAIL.Example.COM"),
	ENFORCE(MX("mail.example.com"))},
    {"the first and the last capital of the alphabet are folded",
	MX("AZ.example.com"), ENFORCE(MX("az.example.com"))},
    {"a trailing dot is taken off (peers fault 28)", MX("mail.example.com."),
	ENFORCE(MX("mail.example.com"))},
    {"a trailing dot behind a star (peers fault 28)", MX("*.example.com."),
	ENFORCE(MX("*.example.com"))},
    {"an underscore in an mx", MX("mx_1.example.com"),
	ENFORCE(MX("mx_1.example.com"))},
    {"an mx of 253 bytes and a dot", MX(N253 "."), ENFORCE(MX(N253))},
    {"an mx of 254 bytes", MX(N253 "9"), BAD("line 4: bad mx")},
    {"an mx of 255 bytes", MX(N253 "99"), BAD("line 4: bad mx")},
    {"a pattern of 253 bytes", MX("*." L63 "." L63 "." L63 "." L59),
	ENFORCE(MX("*." L63 "." L63 "." L63 "." L59))},
    {"a pattern of 254 bytes", MX("*." L63 "." L63 "." L63 "." L59 "9"),
	BAD("line 4: bad mx")},
    {"two trailing dots", MX("mail.example.com.."), BAD("line 4: bad mx")},
    {"an empty mx (peers fault 6)", MX(""), BAD("line 4: bad mx")},
    {"a star alone (peers fault 6)", MX("*"), BAD("line 4: bad mx")},
    {"a star and a dot (peers fault 6)", MX("*."), BAD("line 4: bad mx")},
    {"a star and two dots", MX("*.."), BAD("line 4: bad mx")},
    {"a star and a single label", MX("*.com"), ENFORCE(MX("*.com"))},
    {"a single label", MX("mx1"), ENFORCE(MX("mx1"))},
    {"a single label that is a number", MX("42"), BAD("line 4: bad mx")},
    {"a star and a number", MX("*.42"), BAD("line 4: bad mx")},
    {"two stars", MX("*.*.example.com"), BAD("line 4: bad mx")},
    {"a star in the middle", MX("mx.*.example.com"), BAD("line 4: bad mx")},
    {"a star in a label (peers fault 7)", MX("*x.example.com"),
	BAD("line 4: bad mx")},
    {"a star without dot (peers fault 7)", MX("*example.com"),
	BAD("line 4: bad mx")},
    {"a leading dot (peers fault 7)", MX(".example.com"),
	BAD("line 4: bad mx")},
    {"a word of Postfix's is a label, too", MX("Hostname"),
	ENFORCE(MX("hostname"))},
    {"an IPv4 literal (peers fault 7)", MX("192.0.2.1"), BAD("line 4: bad mx")},
    {"an IPv4 literal in brackets (peers fault 7)", MX("[192.0.2.1]"),
	BAD("line 4: bad mx")},
    {"an IPv6 literal (peers fault 7)", MX("2001:db8::1"),
	BAD("line 4: bad mx")},
    {"an address behind a star", MX("*.0.2.1"), BAD("line 4: bad mx")},
    {"a blank in an mx (peers fault 7)", MX("a.example.com b=c"),
	BAD("line 4: bad mx")},
    {"a brace in an mx (peers fault 7)", MX("a.example.com}"),
	BAD("line 4: bad mx")},
    {"a comma list in an mx", MX("a.example.com,b.example.com"),
	BAD("line 4: bad mx")},
    {"a colon in an mx", MX("a.example.com:b.example.com"),
	BAD("line 4: bad mx")},
    {"an equals sign in an mx", MX("a=b.example.com"), BAD("line 4: bad mx")},
    {"a U-label in an mx",
	MX("b\xc3\xbc"
	   "cher.example.com"),
	BAD("line 4: bad mx")},
    {"a control byte in an mx", MX("a.exa\x01mple.com"), BAD("line 4: bad mx")},
    {"one bad mx among good ones", GOOD "mx: *\nmx: b.example.com\n",
	BAD("line 5: bad mx")},
    {"a bad mx in mode none",
	"version: STSv1\nmode: none\nmax_age: 1\nmx: x y\n",
	BAD("line 4: bad mx")},
    {"duplicate mx lines stay", GOOD "mx: a.example.com\n",
	ENFORCE(GOOD "mx: a.example.com\n")},
    {"a misspelt mx is no mx (peers fault 6)", HEAD "mxs: a.example.com\n",
	BAD("policy without mx")},
    {"MX in capitals is no mx (peers fault 7)", HEAD "MX: hostname\n",
	BAD("policy without mx")},
    {"MX in capitals beside an mx is not judged", GOOD "MX: hostname\n",
	ENFORCE(GOOD "MX: hostname\n")},

    {"an unknown field is kept as published", GOOD "X-y_z.1:  A = b,c\n",
	ENFORCE(GOOD "X-y_z.1: A = b,c\n")},
    {"an unknown field in UTF-8",
	GOOD "note: gr\xc3\xbc\xc3\x9f"
	     "e\n",
	ENFORCE(GOOD "note: gr\xc3\xbc\xc3\x9f"
		     "e\n")},
    {"an unknown field without value", GOOD "note:\n",
	ENFORCE(GOOD "note: \n")},
    {"a closing brace is left out (peers fault 7)",
	GOOD "x: a } match=evil {\n", ENFORCE(GOOD)},
    {"an opening brace is left out (peers fault 7)", GOOD "x: {\n",
	ENFORCE(GOOD)},
    {"a closing brace alone is left out (peers fault 7)", GOOD "x: }\n",
	ENFORCE(GOOD)},
    {"a control byte is left out", GOOD "x: a\x1b[0m\n", ENFORCE(GOOD)},
    {"a carriage return inside is left out", GOOD "x: a\rb\n", ENFORCE(GOOD)},
    {"a tab inside is left out", GOOD "x: a\tb\n", ENFORCE(GOOD)},
    {"a DEL is left out", GOOD "x: a\x7f\n", ENFORCE(GOOD)},
    {"a C1 control character is left out", GOOD "x: a\xc2\x85\n",
	ENFORCE(GOOD)},
    {"malformed UTF-8 is left out", GOOD "x: a\xff\n", ENFORCE(GOOD)},
    {"UTF-8 that is cut is left out", GOOD "x: a\xe2\x82\n", ENFORCE(GOOD)},

    {"a line without colon", GOOD "enforce\n",
	BAD("line 5: no field in \"enforce\"")},
    {"a field name alone at the end of the file", GOOD "mx",
	BAD("line 5: no field")},
    {"a line that begins with a colon", GOOD ": x\n", BAD("line 5: no field")},
    {"a leading blank", GOOD " mx: b.example.com\n", BAD("line 5: no field")},
    {"a blank before the colon", GOOD "mx : b.example.com\n",
	BAD("line 5: no field")},
    {"a brace in a field name (peers fault 7)", GOOD "x}: y\n",
	BAD("line 5: no field")},
    {"a comment", GOOD "# note: x\n", BAD("line 5: no field")},
    {"a field name of 32", GOOD ID32 ": x\n", ENFORCE(GOOD ID32 ": x\n")},
    {"a field name of 33", GOOD ID32 "6: x\n", BAD("line 5: no field")},
    {"a web page", "<!DOCTYPE html>\n<html>\n", BAD("line 1: no field")},
    {"JSON", "{\"version\": \"STSv1\"}", BAD("line 1: no field")},
    {"a byte order mark (peers fault 34)", "\xef\xbb\xbf" GOOD,
	BAD("line 1: no field")},
    {"carriage returns alone", "version: STSv1\rmode: none\rmax_age: 1\r",
	BAD("line 1: version")},
};

static char text[STS_TEXT_MAX];
static struct sts_fault fault;

static void test_policy(void **state)
{
	const struct policy_row *row = *state;
	size_t len = strlen(row->file);
	struct sts_policy p = {.text = "old"}, again;
	struct reason why = {CAUSE_NONE, "old"};
	/* On the heap of its exact size, so that over-reading is seen. */
	char *file = malloc(len > 0 ? len : 1);
	unsigned int line;
	bool good;

	assert_non_null(file);
	memcpy(file, row->file, len);
	good = sts_parse_policy(&p, file, len, text, &fault, &why);
	free(file);
	if (!good) {
		assert_string_equal(p.text, "old");
		if (row->why == NULL || strstr(why.text, row->why) == NULL)
			fail_msg("said \"%s\"", why.text);
		assert_in_range(fault.what, 0, STS_SAYS_LAST_INVALID);
		if (sscanf(why.text, "policy line %u", &line) == 1)
			assert_int_equal(fault.line, line);
		else
			assert_int_equal(fault.line, 0);
		return;
	}
	assert_int_equal(fault.what, STS_SAYS_NOTHING);
	assert_non_null(row->text);
	assert_string_equal(why.text, "old");
	assert_int_equal(p.mode, row->mode);
	assert_int_equal(p.max_age, row->max_age);
	assert_int_equal(p.text_len, strlen(row->text));
	assert_memory_equal(p.text, row->text, p.text_len);
	assert_true(sts_text_is_canonical(&p));

	/* Canonical text is a policy file, and its own canonical text: it does
	 * not grow by being read again (peers fault 11). */
	static char text2[STS_TEXT_MAX];

	assert_true(
	    sts_parse_policy(&again, p.text, p.text_len, text2, &fault, &why));
	assert_int_equal(again.mode, p.mode);
	assert_int_equal(again.max_age, p.max_age);
	assert_int_equal(again.text_len, p.text_len);
	assert_memory_equal(again.text, p.text, p.text_len);
}

/* What is told of a file or a record, as "what:line:column:text ". */
static const char *const words[] = {
    [STS_SAYS_TXT_FIELD] = "txt-field",
    [STS_SAYS_TXT_VALUE] = "txt-value",
    [STS_SAYS_TXT_NO_ID] = "no-id",
    [STS_SAYS_TXT_ID] = "bad-id",
    [STS_SAYS_TOO_LARGE] = "too-large",
    [STS_SAYS_NO_FIELD] = "no-field",
    [STS_SAYS_BAD_VERSION] = "bad-version",
    [STS_SAYS_BAD_MODE] = "bad-mode",
    [STS_SAYS_BAD_MAX_AGE] = "bad-max_age",
    [STS_SAYS_BAD_MX] = "bad-mx",
    [STS_SAYS_MISSING] = "missing",
    [STS_SAYS_AGAIN] = "again",
    [STS_SAYS_CAPPED] = "capped",
    [STS_SAYS_DOT] = "dot",
    [STS_SAYS_EMPTY] = "empty",
    [STS_SAYS_LEFT_OUT] = "left-out",
    [STS_SAYS_UNKNOWN] = "unknown",
    [STS_SAYS_MAX_AGE] = "max_age",
    [STS_SAYS_MODE] = "mode",
    [STS_SAYS_MX] = "mx",
};

static void note_said(void *arg, const struct sts_said *said)
{
	char *to = arg;

	sprintf(to + strlen(to), "%s:%u:%u:%.*s ", words[said->what],
	    said->line, said->column, (int)said->len, said->text);
}

struct said_row {
	const char *name, *text, *said;
};

static const struct said_row said_rows[] = {
    {"told: where the fields are",
	"version: STSv1\r\nmode: none\n"
	"mx:  A.Example.com\nmax_age:1\n",
	"mode:2:7:none mx:3:6:a.example.com max_age:4:9:1 "},
    {"told: all that is wrong, not the first alone",
	"version: STSv2\nmode: on\nmax_age: -1\nmx: *\nmx\nx:\x01\n",
	"bad-version:1:10:STSv2 bad-mode:2:7:on bad-max_age:3:10:-1 "
	"bad-mx:4:5:* no-field:5:3:mx unknown:6:1:x left-out:6:3:\x01 "},
    {"told: all that is missing", "",
	"missing:0:0:version missing:0:0:mode missing:0:0:max_age "},
    {"told: an mx without a name, but not that there is none",
	"version: STSv1\nmode: enforce\nmx:\nmax_age: 1\n",
	"mode:2:7:enforce bad-mx:3:4: max_age:4:10:1 "},
    {"told: what senders take all the same",
	"version: STSv1\nmode: enforce\nmx: a.b.\n\nmode: none\n"
	"max_age: 31557601\n",
	"mode:2:7:enforce mx:3:5:a.b dot:3:5:a.b. empty:4:1: again:5:1:mode "
	"capped:6:10:31557601 "},
    {"told: the longest max_age is not capped",
	"version: STSv1\nmode: none\nmax_age: 31557600\n",
	"mode:2:7:none max_age:3:10:31557600 "},
};

static const struct said_row txt_said_rows[] = {
    {"told: nothing of a good record", "v=STSv1; id=1;", ""},
    {"told: two ids and an extension", "v=STSv1; id=1; id=2; x=y",
	"again:1:16:id unknown:1:22:x "},
    {"told: where an id is none", "v=STSv1; id=a-b;", "bad-id:1:13:a-b "},
    {"told: where the id should be", "v=STSv1;", "no-id:1:9: "},
    {"told: where there is no field", "v=STSv1; id=1;; x=y",
	"txt-field:1:15:; x=y "},
    {"told: which field has no good value", "v=STSv1; id= 1",
	"txt-value:1:10:id "},
};

static void test_said(void **state)
{
	const struct said_row *row = *state;
	char said[512] = "";
	struct sts_policy p;

	(void)!sts_scan_policy(
	    &p, row->text, strlen(row->text), text, note_said, said);
	assert_string_equal(said, row->said);
}

static void test_txt_said(void **state)
{
	const struct said_row *row = *state;
	char said[512] = "", id[STS_ID_MAX + 1];

	(void)!sts_scan_txt(row->text, strlen(row->text), id, note_said, said);
	assert_string_equal(said, row->said);
}

static void test_policy_nul(void **state)
{
	static const char known[] = AGE("1\0");
	static const char unknown[] = GOOD "x: a\0b\n";
	struct sts_policy p;
	struct reason why;

	(void)state;
	assert_false(
	    sts_parse_policy(&p, known, sizeof known - 1, text, &fault, &why));
	assert_true(sts_parse_policy(
	    &p, unknown, sizeof unknown - 1, text, &fault, &why));
	assert_int_equal(p.text_len, strlen(GOOD));
}

static void test_policy_utf16(void **state)
{
	char file[2 * sizeof GOOD];
	struct sts_policy p;
	struct reason why;

	(void)state;
	for (size_t i = 0; i < sizeof GOOD; i++) {
		file[2 * i] = GOOD[i];
		file[2 * i + 1] = '\0';
	}
	assert_false(
	    sts_parse_policy(&p, file, sizeof file, text, &fault, &why));
}

static void test_policy_size(void **state)
{
	static char file[STS_POLICY_MAX + 1];
	struct sts_policy p;
	struct reason why;
	size_t len = strlen(GOOD);

	(void)state;
	memset(file, ' ', sizeof file);
	memcpy(file, GOOD, len);
	assert_true(
	    sts_parse_policy(&p, file, STS_POLICY_MAX, text, &fault, &why));
	assert_false(
	    sts_parse_policy(&p, file, STS_POLICY_MAX + 1, text, &fault, &why));
	assert_string_equal(why.text, "policy of more than 65536 bytes");

	/* The shortest lines make the text longer than the file. */
	while (len + 3 <= STS_POLICY_MAX) {
		memcpy(file + len, "x:\n", 3);
		len += 3;
	}
	assert_true(sts_parse_policy(&p, file, len, text, &fault, &why));
	assert_true(p.text_len > len);
	assert_true(p.text_len <= STS_TEXT_MAX);
	assert_true(sts_text_is_canonical(&p));
}

struct canonical_row {
	const char *name, *text;
	enum sts_mode mode;
	bool canonical;
};

#define E STS_MODE_ENFORCE

static const struct canonical_row canonical_rows[] = {
    {"canonical: lines as the parser writes them", GOOD, E, true},
    {"canonical: mode none needs no mx", "mode: none\n", STS_MODE_NONE, true},
    {"canonical: enforce needs an mx", HEAD, E, false},
    {"canonical: testing needs an mx", "mode: testing\n", STS_MODE_TESTING,
	false},
    {"canonical: no end of the last line", "mx: a.example.com", E, false},
    {"canonical: an empty line", GOOD "\n", E, false},
    {"canonical: a carriage return", "mx: a.example.com\r\n", E, false},
    {"canonical: no blank", GOOD "x:y\n", E, false},
    {"canonical: two blanks", GOOD "x:  y\n", E, false},
    {"canonical: a trailing blank", GOOD "x: y \n", E, false},
    {"canonical: a tab for the blank", GOOD "x:\ty\n", E, false},
    {"canonical: an empty value", GOOD "x: \n", E, true},
    {"canonical: no key", GOOD ": y\n", E, false},
    {"canonical: a key with a blank", GOOD "x y: z\n", E, false},
    {"canonical: a brace", GOOD "x: }\n", E, false},
    {"canonical: a control byte", GOOD "x: \x02\n", E, false},
    {"canonical: malformed UTF-8", GOOD "x: \xff\n", E, false},
    {"canonical: an mx with a blank", GOOD "mx: a.b c.d\n", E, false},
    {"canonical: an mx in capitals", GOOD "mx: A.example.com\n", E, false},
    {"canonical: an mx with trailing dot", GOOD "mx: a.example.com.\n", E,
	false},
    {"canonical: a single label", GOOD "mx: hostname\n", E, true},
};

static void test_canonical(void **state)
{
	const struct canonical_row *row = *state;
	struct sts_policy p = {.mode = row->mode,
	    .text = row->text,
	    .text_len = strlen(row->text)};
	struct sts_line line;
	size_t pos = 0;

	assert_int_equal(sts_text_is_canonical(&p), row->canonical);
	while (sts_next_line(&p, &pos, &line))
		;
	/* A missing mx is not seen line by line; all else is. */
	if (row->canonical || strstr(row->name, "needs an mx") != NULL)
		assert_int_equal(pos, p.text_len);
	else
		assert_int_equal(pos, p.text_len + 1);
	assert_false(sts_next_line(&p, &pos, &line));
}

static void test_canonical_nul(void **state)
{
	static const char nul[] = GOOD "x: a\0b\n";
	struct sts_policy p = {.mode = E, .text = nul};

	(void)state;
	p.text_len = sizeof nul - 1;
	assert_false(sts_text_is_canonical(&p));
}

static void test_canonical_size(void **state)
{
	static char big[STS_TEXT_MAX + 1];
	struct sts_policy p = {.mode = STS_MODE_NONE, .text = big};

	(void)state;
	memset(big, 'y', sizeof big);
	memcpy(big, "x: ", 3);
	big[STS_TEXT_MAX - 1] = '\n';
	p.text_len = STS_TEXT_MAX;
	assert_true(sts_text_is_canonical(&p));
	big[STS_TEXT_MAX - 1] = 'y';
	big[STS_TEXT_MAX] = '\n';
	p.text_len = STS_TEXT_MAX + 1;
	assert_false(sts_text_is_canonical(&p));
}

static void test_lines(void **state)
{
	struct sts_policy p = {.mode = E, .text = "mx: a.b\nx: y z\n"};
	struct sts_line line;
	size_t pos = 0;

	(void)state;
	p.text_len = strlen(p.text);
	assert_true(sts_next_line(&p, &pos, &line));
	assert_true(sts_line_is_mx(&line));
	assert_int_equal(line.value_len, 3);
	assert_memory_equal(line.value, "a.b", 3);
	assert_true(sts_next_line(&p, &pos, &line));
	assert_false(sts_line_is_mx(&line));
	assert_int_equal(line.key_len, 1);
	assert_int_equal(line.value_len, 3);
	assert_memory_equal(line.value, "y z", 3);
	assert_false(sts_next_line(&p, &pos, &line));
	assert_int_equal(pos, p.text_len);
}

static void test_match_host(void **state)
{
	struct sts_policy p = {.mode = E,
	    .text = HEAD "mx: mail.example.com\nx: evil.example.org\n"
			 "mx: *.example.net\n"};

	(void)state;
	p.text_len = strlen(p.text);
	assert_true(sts_match_host(&p, "mail.example.com"));
	assert_true(sts_match_host(&p, "mx1.example.net"));
	assert_false(sts_match_host(&p, "example.net"));
	assert_false(sts_match_host(&p, "a.mx1.example.net"));
	assert_false(sts_match_host(&p, "evil.example.org"));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(sts_mode_name(STS_MODE_NONE), "none");
	assert_string_equal(sts_mode_name(STS_MODE_TESTING), "testing");
	assert_string_equal(sts_mode_name(STS_MODE_ENFORCE), "enforce");
	assert_string_equal(sts_failure_name(STS_FAILURE_NONE), "");
	assert_string_equal(
	    sts_failure_name(STS_FAILURE_FETCH), "sts-policy-fetch-error");
	assert_string_equal(
	    sts_failure_name(STS_FAILURE_INVALID), "sts-policy-invalid");
	assert_string_equal(
	    sts_failure_name(STS_FAILURE_WEBPKI), "sts-webpki-invalid");
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_txt, txt_rows);
	TABLE_ONE(&t, "TXT: a NUL is a control byte", test_txt_nul);
	TABLE_ROWS(&t, test_policy, policy_rows);
	TABLE_ROWS(&t, test_said, said_rows);
	TABLE_ROWS(&t, test_txt_said, txt_said_rows);
	TABLE_ONE(&t, "a NUL breaks a known field and hides an unknown one",
	    test_policy_nul);
	TABLE_ONE(
	    &t, "UTF-16 is no policy (peers fault 34)", test_policy_utf16);
	TABLE_ONE(&t, "65536 bytes, and one more", test_policy_size);
	TABLE_ROWS(&t, test_canonical, canonical_rows);
	TABLE_ONE(&t, "canonical: a NUL", test_canonical_nul);
	TABLE_ONE(&t, "canonical: STS_TEXT_MAX bytes, and one more",
	    test_canonical_size);
	TABLE_ONE(&t, "lines come as key and value", test_lines);
	TABLE_ONE(&t, "hosts are matched with mx lines only", test_match_host);
	TABLE_ONE(&t, "modes and failures have their names", test_names);
	return table_run(&t, "sts");
}
