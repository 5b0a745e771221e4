/* reply_test: the exact bytes that Postfix gets.
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include "table.h"
#include "wire/reply.h"

static char buf[REPLY_MAX + 1];

struct row {
	const char *name;
	enum verdict verdict;
	const char *text; /* of the policy */
	bool tlsrpt, servername;
	const char *why, *reply;
};

/* The policy of RFC 8461 3.2, which Postfix's TLSRPT_README takes as its
 * example. */
#define EXAMPLE                                                                \
	"version: STSv1\nmode: enforce\nmx: mail.example.com\n"                \
	"mx: *.example.net\nmx: backupmx.example.com\nmax_age: 604800\n"
#define EXAMPLE_MATCH "match=mail.example.com:.example.net:backupmx.example.com"
#define ONE "version: STSv1\nmx: a.example.com\n"

static const struct row rows[] = {
    {"dane-only", VERDICT_DANE_ONLY, NULL, true, true, NULL, "OK dane-only"},
    {"dane", VERDICT_DANE, NULL, true, true, NULL, "OK dane"},
    {"no policy is NOTFOUND with its blank", VERDICT_NOTFOUND, NULL, true, true,
	NULL, "NOTFOUND "},
    {"TEMP with its reason", VERDICT_TEMP, NULL, false, false,
	"MX of example.com: timeout", "TEMP MX of example.com: timeout"},
    {"TEMP with an empty reason", VERDICT_TEMP, NULL, false, false, "",
	"TEMP temporary failure"},
    {"TEMP without a reason", VERDICT_TEMP, NULL, false, false, NULL,
	"TEMP temporary failure"},
    {"what is still pending is TEMP", VERDICT_PENDING, NULL, false, false, NULL,
	"TEMP temporary failure"},
    {"secure, nothing of TLSRPT (peers fault 9)", VERDICT_SECURE, EXAMPLE,
	false, true, NULL, "OK secure " EXAMPLE_MATCH " servername=hostname"},
    {"secure for a Postfix without servername", VERDICT_SECURE, EXAMPLE, false,
	false, NULL, "OK secure " EXAMPLE_MATCH},
    {"secure with TLSRPT: the documented example, stars kept in "
     "mx_host_pattern (peers fault 8), no policy_ttl (peers fault 10)",
	VERDICT_SECURE, EXAMPLE, true, true, NULL,
	"OK secure " EXAMPLE_MATCH " servername=hostname"
	" policy_type=sts policy_domain=example.com"
	" mx_host_pattern=mail.example.com"
	" mx_host_pattern=*.example.net"
	" mx_host_pattern=backupmx.example.com"
	" { policy_string = version: STSv1 }"
	" { policy_string = mode: enforce }"
	" { policy_string = mx: mail.example.com }"
	" { policy_string = mx: *.example.net }"
	" { policy_string = mx: backupmx.example.com }"
	" { policy_string = max_age: 604800 }"},
    {"labels that are words to Postfix match nothing (peers fault 7)",
	VERDICT_SECURE,
	"version: STSv1\nmx: hostname\nmx: nexthop\nmx: dot-nexthop\n"
	"mx: *.hostname\nmx: hostnames\n",
	true, true, NULL,
	"OK secure match=hostname.:nexthop.:dot-nexthop.:.hostname:hostnames"
	" servername=hostname policy_type=sts policy_domain=example.com"
	" mx_host_pattern=hostname mx_host_pattern=nexthop"
	" mx_host_pattern=dot-nexthop mx_host_pattern=*.hostname"
	" mx_host_pattern=hostnames"
	" { policy_string = version: STSv1 }"
	" { policy_string = mx: hostname }"
	" { policy_string = mx: nexthop }"
	" { policy_string = mx: dot-nexthop }"
	" { policy_string = mx: *.hostname }"
	" { policy_string = mx: hostnames }"},
    {"TLSRPT without servername", VERDICT_SECURE, ONE, true, false, NULL,
	"OK secure match=a.example.com policy_type=sts"
	" policy_domain=example.com mx_host_pattern=a.example.com"
	" { policy_string = version: STSv1 }"
	" { policy_string = mx: a.example.com }"},
    {"duplicate mx lines are written once, and all as policy_string",
	VERDICT_SECURE,
	"mx: a.example.com\nmx: *.b.example\n"
	"mx: a.example.com\nmx: *.b.example\n",
	true, false, NULL,
	"OK secure match=a.example.com:.b.example policy_type=sts"
	" policy_domain=example.com mx_host_pattern=a.example.com"
	" mx_host_pattern=*.b.example"
	" { policy_string = mx: a.example.com }"
	" { policy_string = mx: *.b.example }"
	" { policy_string = mx: a.example.com }"
	" { policy_string = mx: *.b.example }"},
    {"a name and a longer one with the same beginning are two", VERDICT_SECURE,
	"mx: a.example.co\nmx: a.example.com\n"
	"mx: a.example.co\n",
	false, false, NULL, "OK secure match=a.example.co:a.example.com"},
    {"a star and the name without it are two", VERDICT_SECURE,
	"mx: *.example.com\nmx: example.com\n", false, false, NULL,
	"OK secure match=.example.com:example.com"},
    {"an unknown field with all that Postfix takes literally", VERDICT_SECURE,
	ONE "x: a = b, \"c\\ gr\xc3\xbcn\ny: \n", true, false, NULL,
	"OK secure match=a.example.com policy_type=sts"
	" policy_domain=example.com mx_host_pattern=a.example.com"
	" { policy_string = version: STSv1 }"
	" { policy_string = mx: a.example.com }"
	" { policy_string = x: a = b, \"c\\ gr\xc3\xbcn }"
	" { policy_string = y:  }"},
    {"MX in capitals is no pattern (peers fault 7)", VERDICT_SECURE,
	ONE "MX: hostname\n", false, false, NULL,
	"OK secure match=a.example.com"},
    {"no mx is never an empty match (peers fault 6)", VERDICT_SECURE,
	"version: STSv1\nmode: enforce\n", false, false, NULL,
	"TEMP the stored policy is damaged"},
    {"a damaged line behind a good one", VERDICT_SECURE, ONE "x: }\n", false,
	false, NULL, "TEMP the stored policy is damaged"},
    {"a damaged mx line (peers fault 7)", VERDICT_SECURE,
	ONE "mx: a match=evil.example\n", false, false, NULL,
	"TEMP the stored policy is damaged"},
    {"no policy at all", VERDICT_SECURE, NULL, false, false, NULL,
	"TEMP no policy at hand"},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = row->text};
	struct reason why;
	struct reply r = {.verdict = row->verdict,
	    .policy_domain = "example.com",
	    .tlsrpt = row->tlsrpt,
	    .servername = row->servername};
	size_t len;

	if (row->text != NULL) {
		p.text_len = strlen(row->text);
		r.policy = &p;
	}
	if (row->why != NULL) {
		reason_set(&why, "%s", row->why);
		r.why = &why;
	}
	len = reply_format(&r, buf);
	buf[len] = '\0';
	assert_string_equal(buf, row->reply);
	assert_int_equal(len, strlen(row->reply));
}

static void test_policy_domain(void **state)
{
	static const char *const bad[] = {
	    NULL, "", "example.com.", "a b", "a}b"};
	struct sts_policy p = {
	    .mode = STS_MODE_ENFORCE, .text = ONE, .text_len = strlen(ONE)};
	struct reply r = {
	    .verdict = VERDICT_SECURE, .policy = &p, .tlsrpt = true};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		r.policy_domain = bad[i];
		len = reply_format(&r, buf);
		buf[len] = '\0';
		assert_string_equal(buf, "TEMP no policy domain");
	}
}

static void test_perm(void **state)
{
	size_t len = reply_format_perm("no map of that name", buf);

	(void)state;
	buf[len] = '\0';
	assert_string_equal(buf, "PERM no map of that name");
}

static char text[STS_TEXT_MAX];

/* A policy of n mx lines "mx: <i>.<pad>.example". */
static struct sts_policy many_mx(unsigned n, const char *pad)
{
	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = text};

	p.text_len = (size_t)sprintf(text, "version: STSv1\n");
	for (unsigned i = 0; i < n; i++)
		p.text_len += (size_t)sprintf(
		    text + p.text_len, "mx: m%05u.%s.example\n", i, pad);
	assert_true(p.text_len <= STS_TEXT_MAX);
	return p;
}

static size_t format(const struct sts_policy *p, bool tlsrpt)
{
	struct reply r = {.verdict = VERDICT_SECURE,
	    .policy = p,
	    .policy_domain = "example.com",
	    .tlsrpt = tlsrpt,
	    .servername = true};
	size_t len;

	memset(buf, 0, sizeof buf);
	len = reply_format(&r, buf);
	assert_true(len <= REPLY_MAX);
	buf[len] = '\0';
	return len;
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = buf; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* peers fault 25: 1600 lines of 25 bytes are 40 kB. */
static void test_40kb(void **state)
{
	struct sts_policy p = many_mx(1600, "abcdef");

	(void)state;
	assert_true(p.text_len > 40000);
	format(&p, false);
	assert_int_equal(
	    strncmp(buf, "OK secure match=m00000.abcdef.example:", 38), 0);
	assert_non_null(strstr(buf, ":m01599.abcdef.example servername="));
	format(&p, true);
	assert_int_equal(count(" mx_host_pattern="), 1600);
	assert_int_equal(count("policy_string"), 1);
	assert_non_null(strstr(buf, " { policy_string = version: STSv1 }"));
}

/* Where the attributes do not fit, the reply is that of the plain map. */
static void test_too_many(void **state)
{
	static char plain[REPLY_MAX + 1];
	struct sts_policy p = many_mx(2500, "abcdef");
	size_t len;

	(void)state;
	len = format(&p, false);
	assert_int_equal(strncmp(buf, "OK secure match=m00000", 22), 0);
	memcpy(plain, buf, len + 1);
	format(&p, true);
	assert_string_equal(buf, plain);
	p = many_mx(4000, "abcdefghijkl");
	format(&p, false);
	assert_string_equal(buf, "TEMP too many mx in the policy");
	format(&p, true);
	assert_string_equal(buf, "TEMP too many mx in the policy");
}

/* A reply of exactly REPLY_MAX is whole; one byte more costs all but the first
 * policy_string. */
static void test_limit(void **state)
{
	struct sts_policy p = many_mx(1, "abcdef");
	size_t base = p.text_len, len, fill;

	(void)state;
	len = format(&p, true);
	/* " { policy_string = x: " and " }" are 24 bytes. */
	fill = REPLY_MAX - len - 24;
	memcpy(text + base, "x: ", 3);
	memset(text + base + 3, 'y', fill);
	text[base + 3 + fill] = '\n';
	p.text_len = base + 3 + fill + 1;
	assert_int_equal(format(&p, true), REPLY_MAX);
	assert_int_equal(count("policy_string"), 3);
	assert_int_equal(buf[REPLY_MAX - 1], '}');

	memcpy(text + base + 3 + fill, "y\n", 2);
	p.text_len++;
	assert_true(format(&p, true) < len);
	assert_int_equal(count("policy_string"), 1);
	assert_non_null(strstr(buf, " { policy_string = version: STSv1 }"));
}

/* With the patterns alone at the limit: no room for any policy_string. */
static void test_pattern_limit(void **state)
{

	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = text};
	size_t len;

	(void)state;
	for (unsigned n = 1500; n < 2500; n++) {
		p = many_mx(n, "abcdef");
		/* without the version line: only mx lines are there */
		p.text += strlen("version: STSv1\n");
		p.text_len -= strlen("version: STSv1\n");
		len = format(&p, true);
		if (count("policy_type=") == 0) {
			assert_int_equal(count("mx_host_pattern"), 0);
			assert_int_equal(count("policy_string"), 0);
			assert_non_null(strstr(buf, " servername=hostname"));
			return;
		}
		assert_true(count("policy_string") >= 1);
		assert_int_equal(buf[len - 1], '}');
	}
	fail_msg("it never was too many");
}

/* The first line does not fit, a later one does. */
static void test_first_that_fits(void **state)
{
	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = text};

	(void)state;
	memset(text, 'y', REPLY_MAX);
	memcpy(text, "x: ", 3);
	text[REPLY_MAX] = '\n';
	p.text_len = REPLY_MAX + 1;
	p.text_len += (size_t)sprintf(
	    text + p.text_len, "version: STSv1\nmx: a.example.com\n");
	format(&p, true);
	assert_int_equal(count("policy_string"), 2);
	assert_non_null(strstr(buf, " { policy_string = version: STSv1 }"));
}

static void test_many_duplicates(void **state)
{
	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = text};

	(void)state;
	while (p.text_len + 24 <= STS_TEXT_MAX)
		p.text_len +=
		    (size_t)sprintf(text + p.text_len, "mx: a.b\nmx: *.a.b\n");
	format(&p, false);
	assert_string_equal(
	    buf, "OK secure match=a.b:.a.b servername=hostname");
	format(&p, true);
	assert_int_equal(count(" mx_host_pattern="), 2);
	assert_int_equal(count("policy_string"), 1);
}

/* The table of what was written is larger when there is more to write. */
static void test_distinct_duplicates(void **state)
{
	struct sts_policy p = many_mx(1000, "abcdef");
	size_t once = p.text_len - strlen("version: STSv1\n");

	(void)state;
	memcpy(text + p.text_len, text + strlen("version: STSv1\n"), once);
	p.text_len += once;
	format(&p, true);
	assert_int_equal(count(" mx_host_pattern="), 1000);
	assert_int_equal(count("m00999.abcdef.example"), 2);
}

/* Where both fall into the same slot, only their ends tell them apart. */
static void test_same_beginning(void **state)
{
	struct sts_policy p = {.mode = STS_MODE_ENFORCE, .text = text};
	char reply[100];

	(void)state;
	for (int i = 0; i < 500; i++) {
		const char *more = &"abcdefgh"[i % 8];

		p.text_len = (size_t)sprintf(
		    text, "mx: m%d.c%s\nmx: m%d.c\n", i, more, i);
		sprintf(reply,
		    "OK secure match=m%d.c%s:m%d.c servername=hostname", i,
		    more, i);
		format(&p, false);
		assert_string_equal(buf, reply);
	}
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(
	    &t, "a policy domain that is no host name", test_policy_domain);
	TABLE_ONE(&t, "PERM for what is no request", test_perm);
	TABLE_ONE(&t, "40 kB of mx lines (peers fault 25)", test_40kb);
	TABLE_ONE(&t,
	    "too many patterns leave the attributes out (peers fault 25)",
	    test_too_many);
	TABLE_ONE(&t, "100000 bytes, and one more", test_limit);
	TABLE_ONE(&t, "patterns that leave no room for a policy_string",
	    test_pattern_limit);
	TABLE_ONE(&t, "the policy_string that stays is the first that fits",
	    test_first_that_fits);
	TABLE_ONE(&t, "thousands of duplicates are written once",
	    test_many_duplicates);
	TABLE_ONE(&t, "a thousand names, each twice, are written once",
	    test_distinct_duplicates);
	TABLE_ONE(&t, "names that begin the same are two, in any slot",
	    test_same_beginning);
	return table_run(&t, "reply");
}
