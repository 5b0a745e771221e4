/* certname_test: names in certificates, as OpenSSL compares them for Postfix.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "x509/certname.h"

struct row {
	const char *name, *cert, *wanted;
	int matches;
};

static const struct row rows[] = {
    {"equal", "mx.example.com", "mx.example.com", 1},
    {"in capitals", "MX.Example.COM", "mx.example.com", 1},
    {"in the last capital of the alphabet", "AZ.example.com", "az.example.com",
	1},
    {"the beginning of it", "mx.example.com", "mx.example.com.example", 0},
    {"a wildcard of the beginning of it", "*.example.com",
	"mx.example.com.example", 0},
    {"a dot alone is wanted", "mx.", ".", 0},
    {"another", "my.example.com", "mx.example.com", 0},
    {"the end of it", "x.example.com", "mx.example.com", 0},
    {"a wildcard", "*.example.com", "mx.example.com", 1},
    {"a wildcard in capitals", "*.EXAMPLE.com", "mx.example.com", 1},
    {"a wildcard is one label", "*.example.com", "a.mx.example.com", 0},
    {"a wildcard is not no label", "*.example.com", "example.com", 0},
    {"a wildcard of a TLD", "*.com", "example.com", 0},
    {"a partial wildcard", "m*.example.com", "mx.example.com", 0},
    {"a wildcard that is not first", "mx.*.com", "mx.example.com", 0},
    {"a star alone", "*", "mx.example.com", 0},
    {"a dot and one label", "mx.example.com", ".example.com", 1},
    {"a dot and two labels", "a.mx.example.com", ".example.com", 1},
    {"a dot and a wildcard", "*.example.com", ".example.com", 1},
    {"a dot is not the domain", "example.com", ".example.com", 0},
    {"a dot and no boundary", "mxexample.com", ".example.com", 0},
    {"a dot that the certificate has", ".example.com", ".example.com", 0},
    {"an empty name", "", "mx.example.com", 0},
    {"nothing wanted", "mx.example.com", "", 0},
    {"a trailing dot", "mx.example.com.", "mx.example.com", 0},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	size_t len = strlen(row->cert);
	/* On the heap of its exact size, so that over-reading is seen. */
	char *cert = malloc(len > 0 ? len : 1);

	assert_non_null(cert);
	memcpy(cert, row->cert, len);
	assert_int_equal(
	    certname_matches(cert, len, row->wanted), row->matches);
	free(cert);
}

static void test_nul(void **state)
{
	(void)state;
	assert_false(certname_matches(
	    "mx.example.com\0.evil.example", 28, "mx.example.com"));
	assert_false(certname_matches("a\0.example.com", 14, ".example.com"));
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "a NUL in the name", test_nul);
	return table_run(&t, "certname");
}
