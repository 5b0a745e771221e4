/* convert_test: for which next hops Postfix looks up SRV records.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "serve/convert.h"

static const struct row {
	const char *name, *key, *services;
	bool is_srv;
} rows[] = {
    {"none is named", "example.com:submission", "", false},
    {"only separators", "example.com:submission", " ,\t", false},
    {"it is named", "example.com:submission", "submission", true},
    {"in capitals", "example.com:SUBMISSION", "Submission", true},
    {"among others", "example.com:submissions", "smtp, submission submissions",
	true},
    {"a part of a name", "example.com:submission", "submissions,sub", false},
    {"by its number Postfix looks up MX", "example.com:587", "submission",
	false},
    {"in brackets it looks up neither", "[example.com]:submission",
	"submission", false},
    {"smtp is the service of a next hop without one", "example.com", "smtp",
	true},
    {"which others are not", "example.com", "submission", false},
    {"another port is not smtp", "example.com:2525", "smtp", false},
    {"an address", "[192.0.2.1]:submission", "submission", false},
};

static void test_srv(void **state)
{
	const struct row *r = *state;
	struct domain d;

	domain_parse(&d, r->key, strlen(r->key));
	assert_int_equal(convert_is_srv(&d, r->services), r->is_srv);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_srv, rows);
	return table_run(&t, "convert");
}
