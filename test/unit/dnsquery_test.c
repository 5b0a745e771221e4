/* dnsquery_test: what is asked, and which packets are believed to answer it.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include "dns/dnsquery.h"

#define ID 0x1234

/* a.example TLSA, as the answer to it begins: {number, flags, counts}. */
struct row {
	const char *name;
	uint8_t head[6];
	const char *asked; /* whose question is in the packet */
	enum dns_type type;
	size_t cut; /* bytes that are missing at the end */
	bool answers, authentic, tc;
	unsigned int rcode;
};

#define HEAD(flags, rest)                                                      \
	{                                                                      \
		0x12, 0x34, flags, rest, 0, 1                                  \
	}

static const struct row rows[] = {
    {"an answer", HEAD(0x81, 0x80), "a.example", DNS_TLSA, 0, true, false,
	false, 0},
    {"a validated one", HEAD(0x81, 0xa0), "a.example", DNS_TLSA, 0, true, true,
	false, 0},
    {"in capitals", HEAD(0x81, 0xa0), "A.eXample", DNS_TLSA, 0, true, true,
	false, 0},
    {"cut", HEAD(0x83, 0xa0), "a.example", DNS_TLSA, 0, true, true, true, 0},
    {"SERVFAIL", HEAD(0x81, 0x82), "a.example", DNS_TLSA, 0, true, false, false,
	2},
    {"NXDOMAIN that is validated", HEAD(0x81, 0xa3), "a.example", DNS_TLSA, 0,
	true, true, false, 3},
    {"CD is not AD", HEAD(0x81, 0x90), "a.example", DNS_TLSA, 0, true, false,
	false, 0},
    {"another number", {0x12, 0x35, 0x81, 0xa0, 0, 1}, "a.example", DNS_TLSA, 0,
	false, false, false, 0},
    {"a question", HEAD(0x01, 0x20), "a.example", DNS_TLSA, 0, false, false,
	false, 0},
    {"another operation", HEAD(0xa1, 0xa0), "a.example", DNS_TLSA, 0, false,
	false, false, 0},
    {"another name", HEAD(0x81, 0xa0), "b.example", DNS_TLSA, 0, false, false,
	false, 0},
    {"another type", HEAD(0x81, 0xa0), "a.example", DNS_MX, 0, false, false,
	false, 0},
    {"no question", {0x12, 0x34, 0x81, 0xa0, 0, 0}, "a.example", DNS_TLSA, 0,
	false, false, false, 0},
    {"two questions", {0x12, 0x34, 0x81, 0xa0, 0, 2}, "a.example", DNS_TLSA, 0,
	false, false, false, 0},
    {"so many that a byte has room for one", {0x12, 0x34, 0x81, 0xa0, 1, 1},
	"a.example", DNS_TLSA, 0, false, false, false, 0},
    {"half a question", HEAD(0x81, 0xa0), "a.example", DNS_TLSA, 3, false,
	false, false, 0},
    {"a header", HEAD(0x81, 0xa0), "a.example", DNS_TLSA, 15, false, false,
	false, 0},
    {"nothing", HEAD(0x81, 0xa0), "a.example", DNS_TLSA, 27, false, false,
	false, 0},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct dnsquery q, other;
	struct dnsquery_reply r = {0};

	assert_true(dnsquery_make(&q, "a.example", DNS_TLSA, ID));
	assert_true(dnsquery_make(&other, row->asked, row->type, ID));
	memcpy(other.bytes, row->head, sizeof row->head);
	assert_int_equal(other.question, 27);
	assert_int_equal(dnsquery_is_answered(
			     &q, other.bytes, other.question - row->cut, &r),
	    row->answers);
	assert_int_equal(r.authentic, row->authentic);
	assert_int_equal(r.cut, row->tc);
	assert_int_equal(r.rcode, row->rcode);
}

static void the_bytes_are_those_of_rfc_1035_and_6891(void **state)
{
	static const uint8_t wanted[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0,
	    1, 1, 'a', 2, 'd', 'e', 0, 0, 15, 0, 1, 0, 0, 41, 0x04, 0xd0, 0, 0,
	    0x80, 0, 0, 0};
	struct dnsquery q;

	(void)state;
	assert_true(dnsquery_make(&q, "a.de", DNS_MX, ID));
	assert_int_equal(q.len, sizeof wanted);
	assert_memory_equal(q.bytes, wanted, sizeof wanted);
	assert_true(dnsquery_make(&q, "", DNS_DNSKEY, ID));
	assert_int_equal(q.question, 12 + 1 + 4);
	assert_false(dnsquery_make(&q,
	    "a234567890123456789012345678901234567890123456789012345678901234."
	    "example",
	    DNS_A, ID));
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "the bytes of RFC 1035 and 6891",
	    the_bytes_are_those_of_rfc_1035_and_6891);
	return table_run(&t, "dnsquery");
}
