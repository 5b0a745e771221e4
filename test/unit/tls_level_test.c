/* tls_level_test: what Postfix makes of our replies.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "verb/verify/tls_level.h"

struct row {
	const char *name, *reply;
	enum tls_level_level level;
	const char *match, *pattern; /* joined by blanks */
	int servername, sts;
	const char *allowed, *refused; /* MX hosts, or NULL */
};

static const struct row rows[] = {
    {"NOTFOUND", "NOTFOUND ", TLS_LEVEL_MAY, "", "", 0, 0, "a.example", NULL},
    {"TEMP", "TEMP MX a.example: bogus", TLS_LEVEL_DEFER, "", "", 0, 0, NULL,
	NULL},
    {"dane", "OK dane", TLS_LEVEL_DANE, "", "", 0, 0, "a.example", NULL},
    {"dane-only", "OK dane-only", TLS_LEVEL_DANE_ONLY, "", "", 0, 0, NULL,
	NULL},
    {"secure",
	"OK secure match=mx.a.example:.b.example "
	"servername=hostname",
	TLS_LEVEL_SECURE, "mx.a.example .b.example", "", 1, 0, "other.example",
	NULL},
    {"secure without SNI", "OK secure match=mx.a.example", TLS_LEVEL_SECURE,
	"mx.a.example", "", 0, 0, NULL, NULL},
    {"secure with the attributes of TLSRPT",
	"OK secure match=mx.a.example:.b.example servername=hostname "
	"policy_type=sts policy_domain=a.example "
	"mx_host_pattern=mx.a.example mx_host_pattern=*.b.example "
	"{ policy_string = version: STSv1 } "
	"{ policy_string = mx: match=c.example }",
	TLS_LEVEL_SECURE, "mx.a.example .b.example", "mx.a.example *.b.example",
	1, 1, "x.b.example", "x.y.b.example"},
    {"policy strings before patterns, as Postfix allows",
	"OK secure match=mx.a.example policy_type=sts "
	"{ policy_string = x: servername=hostname } "
	"mx_host_pattern=mx.a.example",
	TLS_LEVEL_SECURE, "mx.a.example", "mx.a.example", 0, 1, "mx.a.example",
	"my.a.example"},
    {"another name for the server is not the host's",
	"OK secure match=mx.a.example servername=mx.a.example",
	TLS_LEVEL_SECURE, "mx.a.example", "", 0, 0, NULL, NULL},
    {"patterns without names are of no account",
	"OK secure policy_type=sts mx_host_pattern=mx.a.example",
	TLS_LEVEL_SECURE, "", "mx.a.example", 0, 0, "other.example", NULL},
    {"a brace that is not closed",
	"OK secure match=mx.a.example { policy_string = mx", TLS_LEVEL_SECURE,
	"mx.a.example", "", 0, 0, NULL, NULL},
    {"nothing", "", TLS_LEVEL_DEFER, "", "", 0, 0, NULL, NULL},
    {"OK alone", "OK ", TLS_LEVEL_DEFER, "", "", 0, 0, NULL, NULL},
};

static void assert_list(char **list, size_t n, const char *wanted)
{
	char text[200] = "";

	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
		    "%s%s", i > 0 ? " " : "", list[i]);
	assert_string_equal(text, wanted);
}

static void test_row(void **state)
{
	const struct row *row = *state;
	struct tls_level d;

	tls_level_read(&d, row->reply);
	assert_int_equal(d.level, row->level);
	assert_list(d.match, d.n_match, row->match);
	assert_list(d.pattern, d.n_pattern, row->pattern);
	assert_int_equal(d.servername, row->servername);
	assert_int_equal(d.sts, row->sts);
	if (row->allowed != NULL)
		assert_true(tls_level_allows(&d, row->allowed));
	if (row->refused != NULL)
		assert_false(tls_level_allows(&d, row->refused));
	tls_level_clear(&d);
	tls_level_clear(&d);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	return table_run(&t, "demand");
}
