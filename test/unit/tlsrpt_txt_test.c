/* tlsrpt_txt_test: TLSRPT records, right, odd and hostile.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "policy/tlsrpt_txt.h"

#define NAME32 "abcdefghijklmnopqrstuvwxyz012345"
#define RUA "rua=mailto:tls@example.com"

struct row {
	const char *name, *txt;
	enum tlsrpt_txt result;
	const char *why;
};

#define OTHER TLSRPT_TXT_OTHER, NULL
#define VALID TLSRPT_TXT_VALID, NULL
#define INVALID(why) TLSRPT_TXT_INVALID, why

static const struct row rows[] = {
    {"the mailto example of RFC 8460",
	"v=TLSRPTv1;rua=mailto:reports@example.com", VALID},
    {"the https example of RFC 8460",
	"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt", VALID},
    {"a semicolon at the end", "v=TLSRPTv1; " RUA ";", VALID},
    {"blanks and tabs around semicolons", "v=TLSRPTv1;\t " RUA " \t; a=b ; ",
	VALID},
    {"two URIs", "v=TLSRPTv1; " RUA ",https://example.com/", VALID},
    {"blanks around the comma", "v=TLSRPTv1; " RUA " ,\thttps://example.com/",
	VALID},
    {"two rua fields", "v=TLSRPTv1; " RUA "; rua=https://example.com/", VALID},
    {"an extension before rua", "v=TLSRPTv1; x=y; " RUA, VALID},
    {"an extension with any allowed byte",
	"v=TLSRPTv1; " RUA "; a_b-c.d=!:<>~{},\"\\", VALID},
    {"a scheme in capitals", "v=TLSRPTv1; rua=MailTo:tls@example.com", VALID},
    {"an encoded comma, exclamation mark and semicolon",
	"v=TLSRPTv1; rua=mailto:a%2cb%21c%3Bd@example.com", VALID},
    {"an encoded byte in capitals", "v=TLSRPTv1; rua=mailto:a%FF@example.com",
	VALID},
    {"https in capitals", "v=TLSRPTv1; rua=HTTPS://example.com/", VALID},
    {"an equals sign in a URI", "v=TLSRPTv1; rua=https://example.com/?a=b&c=d",
	VALID},
    {"an address literal in a URI", "v=TLSRPTv1; rua=https://[2001:db8::1]/",
	VALID},
    {"a scheme that takes no reports, beside one that does",
	"v=TLSRPTv1; rua=ftp://example.com/,"
	"mailto:a@example.com",
	VALID},
    {"an extension name of 32", "v=TLSRPTv1; " RUA "; " NAME32 "=x", VALID},

    {"empty", "", OTHER},
    {"another record", "v=spf1 -all", OTHER},
    {"an MTA-STS record", "v=STSv1; id=1", OTHER},
    {"half a version", "v=TLSRPT", OTHER},
    {"no semicolon", "v=TLSRPTv1", OTHER},
    {"a blank before the semicolon", "v=TLSRPTv1 ; " RUA, OTHER},
    {"another version", "v=TLSRPTv2; " RUA, OTHER},
    {"a longer version", "v=TLSRPTv11; " RUA, OTHER},
    {"the version in small letters", "v=tlsrptv1; " RUA, OTHER},
    {"a leading blank", " v=TLSRPTv1; " RUA, OTHER},
    {"the version is not first", RUA "; v=TLSRPTv1;", OTHER},
    {"quotes that were published", "\"v=TLSRPTv1; " RUA "\"", OTHER},

    {"a version alone", "v=TLSRPTv1;", INVALID("no mailto or https URI")},
    {"an extension alone", "v=TLSRPTv1; a=b",
	INVALID("no mailto or https URI")},
    {"RUA in capitals is an extension", "v=TLSRPTv1; RUA=mailto:a@b",
	INVALID("no mailto or https URI")},
    {"a scheme that takes no reports", "v=TLSRPTv1; rua=ftp://example.com/",
	INVALID("no mailto or https URI")},
    {"http is not https", "v=TLSRPTv1; rua=http://example.com/",
	INVALID("no mailto or https URI")},
    {"a longer scheme", "v=TLSRPTv1; rua=httpsx://example.com/",
	INVALID("no mailto or https URI")},
    {"an address is no URI", "v=TLSRPTv1; rua=tls@example.com",
	INVALID("bad value of \"rua\"")},
    {"a scheme alone",
	"v=TLSRPTv1; rua=mailto:", INVALID("bad value of \"rua\"")},
    {"a scheme that begins with mailto", "v=TLSRPTv1; rua=mailtox:a@b",
	INVALID("no mailto or https URI")},
    {"a scheme with an underscore",
	"v=TLSRPTv1; rua=a_b:c,"
	"mailto:a@b",
	INVALID("bad value of \"rua\"")},
    {"a second digit that is none", "v=TLSRPTv1; rua=mailto:a%4g@b",
	INVALID("bad value of \"rua\"")},
    {"a scheme that begins with a digit", "v=TLSRPTv1; rua=1mailto:a@b",
	INVALID("bad value of \"rua\"")},
    {"an empty rua", "v=TLSRPTv1; rua=;", INVALID("bad value of \"rua\"")},
    {"nothing behind the comma", "v=TLSRPTv1; " RUA ",",
	INVALID("bad value of \"rua\"")},
    {"a blank behind the last comma", "v=TLSRPTv1; " RUA ", ",
	INVALID("bad value of \"rua\"")},
    {"nothing before the comma", "v=TLSRPTv1; rua=," RUA,
	INVALID("bad value of \"rua\"")},
    {"a blank before the URI", "v=TLSRPTv1; rua= mailto:a@b",
	INVALID("bad value of \"rua\"")},
    {"a blank for a comma", "v=TLSRPTv1; " RUA " mailto:b@example.com",
	INVALID("bad value of \"rua\"")},
    {"a size as in DMARC", "v=TLSRPTv1; " RUA "!10m",
	INVALID("bad value of \"rua\"")},
    {"half an encoded byte", "v=TLSRPTv1; rua=mailto:a%2",
	INVALID("bad value of \"rua\"")},
    {"an encoded byte that is none", "v=TLSRPTv1; rua=mailto:a%g0@b",
	INVALID("bad value of \"rua\"")},
    {"a trailing blank without semicolon", "v=TLSRPTv1; " RUA " ",
	INVALID("bad value of \"rua\"")},
    {"a quote in a URI", "v=TLSRPTv1; rua=mailto:a\"b@example.com",
	INVALID("bad value of \"rua\"")},
    {"a byte over 127 in a URI", "v=TLSRPTv1; rua=mailto:\xc3\xbc@example.com",
	INVALID("bad value of \"rua\"")},
    {"a control byte in an extension", "v=TLSRPTv1; " RUA "; a=\x01",
	INVALID("bad value of \"a\"")},
    {"a byte over 127 in an extension", "v=TLSRPTv1; " RUA "; a=\xff",
	INVALID("bad value of \"a\"")},
    {"an empty extension", "v=TLSRPTv1; " RUA "; a=;",
	INVALID("bad value of \"a\"")},
    {"blanks around the equals sign", "v=TLSRPTv1; rua = mailto:a@b",
	INVALID("no field at \"rua = ")},
    {"a field name alone", "v=TLSRPTv1; rua", INVALID("no field")},
    {"a field without name", "v=TLSRPTv1; =x; " RUA, INVALID("no field")},
    {"two semicolons", "v=TLSRPTv1;; " RUA, INVALID("no field")},
    {"an extension name of 33", "v=TLSRPTv1; " RUA "; " NAME32 "6=x",
	INVALID("no field")},
    {"a foreign text in the reason is printable", "v=TLSRPTv1; \x1b\xff",
	INVALID("no field at \"??\"")},
};

static enum tlsrpt_txt parse(const char *txt, size_t len, struct reason *why)
{
	/* On the heap of its exact size, so that over-reading is seen. */
	char *exact = malloc(len > 0 ? len : 1);
	enum tlsrpt_txt result;

	assert_non_null(exact);
	memcpy(exact, txt, len);
	result = tlsrpt_txt_parse(exact, len, why);
	free(exact);
	return result;
}

static void test_row(void **state)
{
	const struct row *row = *state;
	struct reason why = {CAUSE_NONE, "old"};

	assert_int_equal(parse(row->txt, strlen(row->txt), &why), row->result);
	if (row->why == NULL)
		assert_string_equal(why.text, "old");
	else if (strstr(why.text, row->why) == NULL)
		fail_msg("said \"%s\"", why.text);
}

static void test_nul(void **state)
{
	static const char inside[] = "v=TLSRPTv1; rua=mailto:a\0b";
	static const char after[] = "v=TLSRPTv1; " RUA;
	struct reason why;

	(void)state;
	assert_int_equal(
	    parse(inside, sizeof inside - 1, &why), TLSRPT_TXT_INVALID);
	assert_int_equal(parse(after, sizeof after, &why), TLSRPT_TXT_INVALID);
}

/* Each beginning of a record is judged without looking behind it. */
static void test_cut(void **state)
{
	static const char txt[] = "v=TLSRPTv1; a=b; " RUA ",https://c/%2c";
	enum tlsrpt_txt result;
	struct reason why;

	(void)state;
	for (size_t len = 0; len < sizeof txt; len++) {
		result = parse(txt, len, &why);
		assert_true((result == TLSRPT_TXT_OTHER) == (len < 11));
	}
}

static void test_longest(void **state)
{
	static char txt[TLSRPT_TXT_MAX] = "v=TLSRPTv1; rua=mailto:";
	struct reason why;

	(void)state;
	memset(txt + strlen(txt), 'a', sizeof txt - strlen(txt));
	assert_int_equal(parse(txt, sizeof txt, &why), TLSRPT_TXT_VALID);
	txt[sizeof txt - 1] = '!';
	assert_int_equal(parse(txt, sizeof txt, &why), TLSRPT_TXT_INVALID);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a NUL", test_nul);
	TABLE_ONE(&t, "records that are cut anywhere", test_cut);
	TABLE_ONE(&t, "a record of 65535 bytes", test_longest);
	return table_run(&t, "tlsrpt_txt");
}
