/* datagram_test: what a TLSRPT collector is told, byte for byte.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/datagram.h"

#define RECORD "v=TLSRPTv1; rua=mailto:tls@example.com"
#define HEAD(record)                                                           \
	"{\"dpv\":\"1\",\"d\": \"example.com\",\"pr\": \"" record              \
	"\",\"policies\":[{\"policy-type\":2,"                                 \
	"\"policy-domain\": \"example.com\",\"failure-details\":["
#define TAIL "],\"t\":1,\"f\":1}]}"

struct row {
	const char *name;
	struct datagram d;
	const char *text;
};

static const struct row rows[] = {
    {"a fetch that failed",
	{"example.com", RECORD, STS_FAILURE_FETCH,
	    "mta-sts.example.com: HTTP status 404"},
	HEAD(RECORD) "{\"c\":301,\"f\": \"mta-sts.example.com: HTTP status "
		     "404\"}" TAIL},
    {"an invalid policy",
	{"example.com", RECORD, STS_FAILURE_INVALID, "policy without mode"},
	HEAD(RECORD) "{\"c\":302,\"f\": \"policy without mode\"}" TAIL},
    {"a certificate that is not trusted, and no detail",
	{"example.com", RECORD, STS_FAILURE_WEBPKI, NULL},
	HEAD(RECORD) "{\"c\":303}" TAIL},
    {"quotes, backslashes and tabs are escaped",
	{"example.com", "v=TLSRPTv1;\trua=mailto:a@b; x=\"\\",
	    STS_FAILURE_INVALID, "bad mx \"a\\b\""},
	HEAD("v=TLSRPTv1;\\trua=mailto:a@b; x=\\\"\\\\") "{\"c\":302,\"f\": "
							 "\"bad mx "
							 "\\\"a\\\\b\\\"\""
							 "}" TAIL},
    {"what is not printable becomes a question mark",
	{"example.com", RECORD, STS_FAILURE_FETCH, "\x01\n\x7f\xc3\xbc"},
	HEAD(RECORD) "{\"c\":301,\"f\": \"?????\"}" TAIL},
    {"no failure is nothing to be told",
	{"example.com", RECORD, STS_FAILURE_NONE, "x"}, ""},
};

static char buf[DATAGRAM_MAX];

static void test_row(void **state)
{
	const struct row *row = *state;
	size_t len = datagram_format(&row->d, buf);

	assert_int_equal(len, strlen(row->text));
	assert_memory_equal(buf, row->text, len);
}

/* The longest texts, each byte escaped, find room. */
static void test_longest(void **state)
{
	static char record[TLSRPT_TXT_MAX + 2];
	static char detail[REASON_MAX + 2], domain[DOMAIN_MAX + 2];
	const struct datagram d = {domain, record, STS_FAILURE_WEBPKI, detail};
	size_t len;

	(void)state;
	memset(record, '"', TLSRPT_TXT_MAX);
	memset(detail, '\\', REASON_MAX);
	memset(domain, 'a', DOMAIN_MAX);
	len = datagram_format(&d, buf);
	assert_true(len > 2 * TLSRPT_TXT_MAX + 2 * REASON_MAX);
	assert_int_equal(buf[len - 1], '}');
	domain[DOMAIN_MAX] = 'a';
	assert_int_equal(datagram_format(&d, buf), 0);
	domain[DOMAIN_MAX] = '\0';
	detail[REASON_MAX] = 'a';
	assert_int_equal(datagram_format(&d, buf), 0);
	detail[REASON_MAX] = '\0';
	record[TLSRPT_TXT_MAX] = 'a';
	assert_int_equal(datagram_format(&d, buf), 0);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "the longest texts, and one byte more", test_longest);
	return table_run(&t, "datagram");
}
