/* dnslocal_test: which names exist only locally.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include <stdbool.h>
#include "dns/dnslocal.h"

struct row {
	const char *name, *of, *zones;
	bool local;
};

static const struct row rows[] = {
    {"RFC 6762 appendix G", "corp.lan", "", true},
    {"a top-level name alone", "home", "", true},
    {"mDNS", "smtp.mail.svc.cluster.local", "", true},
    {"RFC 8375", "nas.home.arpa", "", true},
    {"ICANN's", "mx.internal", "", true},
    {"arpa is public", "1.0.0.127.in-addr.arpa", "", false},
    {"documentation is public", "a.example", "", false},
    {"a name that ends so, but for the dot", "a.mylan", "", false},
    {"a label in the middle", "lan.example", "", false},
    {"no name", "", "", false},
    {"the root is no zone", "a.example", ". ,", false},
    {"a zone", "a.example", "example", true},
    {"a zone itself", "b.example", "b.example", true},
    {"a zone with dots around it", "a.b.example", ".b.example.", true},
    {"in capitals", "a.b.example", "B.Example", true},
    {"the second, after a blank", "a.fritz.box", "b.example fritz.box", true},
    {"the third, after a comma", "x.c", "a,b,c", true},
    {"above a zone", "example", "b.example", false},
    {"beside a zone", "ab.example", "b.example", false},
};

static void test_row(void **state)
{
	const struct row *row = *state;

	assert_int_equal(dnslocal_why(row->of, row->zones) != NULL, row->local);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	return table_run(&t, "dnslocal");
}
