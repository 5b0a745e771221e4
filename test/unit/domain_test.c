/* domain_test: next hops as Postfix sends them, and names of hosts.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "policy/domain.h"

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789a"
#define L61 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678"
/* 253 and 254 bytes. */
#define N253 L63 "." L63 "." L63 "." L61
#define N254 L63 "." L63 "." L63 "." L61 "9"
#define UE "\xc3\xbc"

/* kind, name, port, service, U-labels?, canonical key */
struct parse_row {
	const char *name, *key;
	enum domain_kind kind;
	const char *parsed;
	uint16_t port;
	const char *service;
	bool utf8;
	const char *canonical;
};

#define MX(parsed, port, canonical)                                            \
	DOMAIN_MX, parsed, port, "", false, canonical
#define HOST(parsed, port, canonical)                                          \
	DOMAIN_HOST, parsed, port, "", false, canonical
#define REFUSED DOMAIN_REFUSED, "", 25, "", false, ""

static const struct parse_row parse_rows[] = {
    {"a domain", "example.com", MX("example.com", 25, "example.com")},
    {"capitals are folded, Postfix never does", "EXAMPLE.Com",
	MX("example.com", 25, "example.com")},
    {"one trailing dot is taken off", "example.com.",
	MX("example.com", 25, "example.com")},
    {"two trailing dots are not", "example.com..", REFUSED},
    {"a single label", "localhost", MX("localhost", 25, "localhost")},
    {"an underscore", "_x.a_b.example",
	MX("_x.a_b.example", 25, "_x.a_b.example")},
    {"a label that begins with a digit", "1und1.de",
	MX("1und1.de", 25, "1und1.de")},
    {"an A-label", "xn--bcher-kva.example",
	MX("xn--bcher-kva.example", 25, "xn--bcher-kva.example")},
    {"a name with port", "example.com:587",
	MX("example.com", 587, "example.com:587")},
    {"a name with port 25 has the same key as without", "example.com:25",
	MX("example.com", 25, "example.com")},
    {"a dot before the port is taken off", "example.com.:587",
	MX("example.com", 587, "example.com:587")},
    {"an empty port is port 25, as in host_port.c",
	"example.com:", MX("example.com", 25, "example.com")},
    {"leading zeros of a port", "example.com:00025",
	MX("example.com", 25, "example.com")},
    {"the largest port", "example.com:65535",
	MX("example.com", 65535, "example.com:65535")},
    {"a port over 65535 is refused", "example.com:65536", REFUSED},
    {"a port that wraps 32 bits is refused", "example.com:4294967321", REFUSED},
    {"a port that wraps 64 bits is refused", "example.com:18446744073709551641",
	REFUSED},
    {"port 0 is refused", "example.com:0", REFUSED},
    {"a signed port is refused", "example.com:+25", REFUSED},
    {"a service as port", "example.com:submission", DOMAIN_MX, "example.com", 0,
	"submission", false, "example.com:submission"},
    {"a service keeps its case", "[mx.example.com]:SMTP-x", DOMAIN_HOST,
	"mx.example.com", 0, "SMTP-x", false, "[mx.example.com]:SMTP-x"},
    {"a service of 32 bytes", "a.b:abcdefghijabcdefghijabcdefghij01", DOMAIN_MX,
	"a.b", 0, "abcdefghijabcdefghijabcdefghij01", false,
	"a.b:abcdefghijabcdefghijabcdefghij01"},
    {"a service of 33 bytes is refused",
	"a.b:abcdefghijabcdefghijabcdefghij012", REFUSED},
    {"a blank in a service is refused", "a.b:smtp x", REFUSED},
    {"a colon in a service is refused", "a.b:smtp:x", REFUSED},
    {"a host in brackets", "[mx.example.com]",
	HOST("mx.example.com", 25, "[mx.example.com]:25")},
    {"a host in brackets with port", "[MX.example.com.]:587",
	HOST("mx.example.com", 587, "[mx.example.com]:587")},
    {"brackets with an empty port",
	"[mx.example.com]:", HOST("mx.example.com", 25, "[mx.example.com]:25")},
    {"a bracket that is not closed is refused", "[mx.example.com", REFUSED},
    {"text behind the bracket is refused", "[mx.example.com]x", REFUSED},
    {"a dot behind the bracket is refused", "[mx.example.com].", REFUSED},
    {"empty brackets are refused", "[]:25", REFUSED},
    {"a bracket in a name is refused", "mx]example.com", REFUSED},
    {"an empty key is refused", "", REFUSED},
    {"a dot alone is refused", ".", REFUSED},
    {"a colon alone is refused", ":", REFUSED},
    {"a port alone is refused", ":25", REFUSED},
    {"a parent key, with a leading dot, is refused", ".example.com", REFUSED},
    {"an IPv4 address is refused", "192.0.2.1", REFUSED},
    {"an IPv4 address with port is refused", "192.0.2.1:25", REFUSED},
    {"an IPv4 address in brackets is refused", "[192.0.2.1]", REFUSED},
    {"an IPv4 address with trailing dot is refused", "192.0.2.1.", REFUSED},
    {"a short IPv4 address is refused", "127.1", REFUSED},
    {"an IPv4 address as one number is refused", "2130706433", REFUSED},
    {"an IPv4 address in hexadecimal is refused", "0x7F000001", REFUSED},
    {"a last label 0x is refused", "example.0x", REFUSED},
    {"a last label that only begins like a number is a name", "example.0xg",
	MX("example.0xg", 25, "example.0xg")},
    {"a numeric label that is not the last is a name", "192.0.2.example",
	MX("192.0.2.example", 25, "192.0.2.example")},
    {"an IPv6 address is refused", "2001:db8::1", REFUSED},
    {"an IPv6 address of letters is refused", "fe80::a", REFUSED},
    {"an IPv6 address in brackets is refused", "[2001:db8::1]:25", REFUSED},
    {"an IPv6 literal of SMTP is refused", "[IPv6:2001:db8::1]", REFUSED},
    {"an IPv6 address in full is refused", "1:2:3:4:5:6:7:8", REFUSED},
    {"an empty label is refused", "a..example", REFUSED},
    {"a hyphen that begins a label is refused", "a.-b.example", REFUSED},
    {"a hyphen that ends a label is refused", "a.b-.example", REFUSED},
    {"a hyphen that ends the name is refused", "example-", REFUSED},
    {"hyphens inside a label", "a--b.example",
	MX("a--b.example", 25, "a--b.example")},
    {"a blank is refused", "exa mple.com", REFUSED},
    {"a tab is refused", "example.com\t", REFUSED},
    {"an at sign is refused", "user@example.com", REFUSED},
    {"a brace is refused", "a}b.example", REFUSED},
    {"a slash is refused", "unix:/var/run/x", REFUSED},
    {"a star is refused", "*.example.com", REFUSED},
    {"a label of 63 bytes", L63 ".example",
	MX(L63 ".example", 25, L63 ".example")},
    {"a label of 64 bytes is refused", L63 "b.example", REFUSED},
    {"a name of 253 bytes", N253, MX(N253, 25, N253)},
    {"a name of 253 bytes and a dot", N253 ".", MX(N253, 25, N253)},
    {"a name of 254 bytes is refused", N254, REFUSED},
    {"a U-label", "B" UE "cher.Example", DOMAIN_MX, "b" UE "cher.example", 25,
	"", true, "b" UE "cher.example"},
    {"a U-label in brackets with port", "[b" UE "cher.example]:26", DOMAIN_HOST,
	"b" UE "cher.example", 26, "", true, "[b" UE "cher.example]:26"},
    {"malformed UTF-8 is refused", "b\xc3.example", REFUSED},
    {"UTF-8 that is cut at the end is refused", "example.\xc3", REFUSED},
    {"an over-long form of a dot is refused",
	"a\xc0\xae"
	"b.example",
	REFUSED},
    {"a C1 control character is refused",
	"a\xc2\x85"
	"b.example",
	REFUSED},
};

static void check_refused(const struct domain *d)
{
	assert_int_equal(d->kind, DOMAIN_REFUSED);
	assert_string_equal(d->name, "");
}

static void test_parse(void **state)
{
	const struct parse_row *row = *state;
	char key[DOMAIN_KEY_MAX + 1];
	struct domain d;

	memset(&d, 'x', sizeof d);
	domain_parse(&d, row->key, strlen(row->key));
	assert_int_equal(d.kind, row->kind);
	assert_string_equal(d.name, row->parsed);
	assert_int_equal(d.port, row->port);
	assert_string_equal(d.service, row->service);
	assert_int_equal(d.utf8, row->utf8);
	if (d.kind == DOMAIN_REFUSED)
		return;
	assert_int_equal(domain_format_key(&d, key), strlen(row->canonical));
	assert_string_equal(key, row->canonical);
}

/* peers fault 24: a NUL must not hide what follows it. */
static void test_nul(void **state)
{
	struct domain d;

	(void)state;
	domain_parse(&d, "example.com\0.evil", 17);
	check_refused(&d);
	domain_parse(&d, "example.com\0", 12);
	check_refused(&d);
	domain_parse(&d, "[example.com\0]:25", 17);
	check_refused(&d);
	domain_parse(&d, "example.com:25\0", 15);
	check_refused(&d);
}

static void test_length_counts(void **state)
{
	struct domain d;

	(void)state;
	domain_parse(&d, "example.com:587", 11);
	assert_string_equal(d.name, "example.com");
	assert_int_equal(d.port, 25);
	domain_parse(&d, NULL, 0);
	check_refused(&d);
}

/* peers fault 24. */
static void test_long_key(void **state)
{
	static char key[10000];
	struct domain d;

	(void)state;
	memset(key, 'a', sizeof key);
	domain_parse(&d, key, sizeof key);
	check_refused(&d);
	for (size_t i = 1; i < sizeof key; i += 2)
		key[i] = '.';
	domain_parse(&d, key, sizeof key);
	check_refused(&d);
	key[0] = '[';
	domain_parse(&d, key, sizeof key);
	check_refused(&d);
}

static void test_long_utf8(void **state)
{
	char key[DOMAIN_UTF8_MAX + 40], out[DOMAIN_KEY_MAX + 1];
	const char *service = "]:abcdefghijabcdefghijabcdefghij01";
	struct domain d;
	size_t len;

	(void)state;
	key[0] = '[';
	for (size_t i = 0; i < DOMAIN_UTF8_MAX; i += 2)
		memcpy(key + 1 + i, UE, 2);
	memcpy(key + 1 + DOMAIN_UTF8_MAX, service, strlen(service));
	len = 1 + DOMAIN_UTF8_MAX + strlen(service);
	domain_parse(&d, key, len);
	assert_int_equal(d.kind, DOMAIN_HOST);
	assert_int_equal(domain_format_key(&d, out), DOMAIN_KEY_MAX);
	assert_memory_equal(out, key, len);
	domain_parse(&d, key + 1, DOMAIN_UTF8_MAX);
	assert_int_equal(d.kind, DOMAIN_MX);
	key[0] = 'a';
	domain_parse(&d, key, DOMAIN_UTF8_MAX + 1);
	check_refused(&d);
}

static void test_set_name(void **state)
{
	struct domain d;

	(void)state;
	domain_parse(&d, "b" UE "cher.example:26", 18);
	assert_true(domain_set_name(&d, "xn--bcher-kva.example"));
	assert_string_equal(d.name, "xn--bcher-kva.example");
	assert_false(d.utf8);
	assert_int_equal(d.kind, DOMAIN_MX);
	assert_int_equal(d.port, 26);
	/* Digits of another script become digits in the conversion. */
	assert_false(domain_set_name(&d, "192.0.2.1"));
	check_refused(&d);
}

struct name_row {
	const char *name, *text;
	bool is;
};

static const struct name_row hostname_rows[] = {
    {"host name: two labels", "mx.example", true},
    {"host name: a single label", "localhost", true},
    {"host name: 253 bytes", N253, true},
    {"host name: 254 bytes are too many", N254, false},
    {"host name: a trailing dot is none", "mx.example.", false},
    {"host name: capitals are none", "MX.example", false},
    {"host name: U-labels are none", "b" UE "cher.example", false},
    {"host name: an address is none", "192.0.2.1", false},
    {"host name: empty is none", "", false},
};

static void test_hostname(void **state)
{
	const struct name_row *row = *state;

	assert_int_equal(
	    domain_is_hostname(row->text, strlen(row->text)), row->is);
}

static const struct name_row utf8_rows[] = {
    {"UTF-8: two bytes", "\xc3\xbc", true},
    {"UTF-8: the first beyond C1", "\xc2\xa0", true},
    {"UTF-8: the last of C1 is none", "\xc2\x9f", false},
    {"UTF-8: over-long two bytes are none", "\xc1\xbf", false},
    {"UTF-8: the first of three bytes", "\xe0\xa0\x80", true},
    {"UTF-8: over-long three bytes are none", "\xe0\x9f\xbf", false},
    {"UTF-8: the last before the surrogates", "\xed\x9f\xbf", true},
    {"UTF-8: a surrogate is none", "\xed\xa0\x80", false},
    {"UTF-8: the first of four bytes", "\xf0\x90\x80\x80", true},
    {"UTF-8: over-long four bytes are none", "\xf0\x8f\xbf\xbf", false},
    {"UTF-8: U+10FFFF", "\xf4\x8f\xbf\xbf", true},
    {"UTF-8: beyond U+10FFFF is none", "\xf4\x90\x80\x80", false},
    {"UTF-8: five bytes are none", "\xf8\x88\x80\x80\x80", false},
    {"UTF-8: a lone continuation is none", "\x80\x80", false},
    {"UTF-8: a cut sequence is none", "\xe2\x82", false},
    {"UTF-8: an ASCII byte in a sequence is none", "\xe2\x82x", false},
    {"UTF-8: a second lead byte is none", "\xc3\xc3", false},
    {"UTF-8: ASCII is none", "ab", false},
};

static void test_utf8(void **state)
{
	const struct name_row *row = *state;
	size_t len = strlen(row->text);

	assert_int_equal(domain_utf8_len(row->text, len), row->is ? len : 0);
	for (size_t cut = 0; row->is && cut < len; cut++)
		assert_int_equal(domain_utf8_len(row->text, cut), 0);
}

struct match_row {
	const char *name, *pattern, *host;
	bool matches;
};

static const struct match_row match_rows[] = {
    {"match: the same name", "mx.example.com", "mx.example.com", true},
    {"match: another name", "mx.example.com", "mx2.example.com", false},
    {"match: a longer name", "mx.example.com", "mx.example.com.evil", false},
    {"match: a shorter name", "mx.example.com", "mx.example", false},
    {"match: a name without star has no labels below", "example.com",
	"mx.example.com", false},
    {"match: a star is one label", "*.example.com", "mx.example.com", true},
    {"match: a star is not two labels", "*.example.com", "a.mx.example.com",
	false},
    {"match: a star is not no label", "*.example.com", "example.com", false},
    {"match: a star is no empty label", "*.example.com", ".example.com", false},
    {"match: a star is a whole label", "*.example.com", "mxexample.com", false},
    {"match: a star and a single label", "*.example", "mx.example", true},
    {"match: a star and a host without dot", "*.example", "example", false},
    {"match: a star alone matches nothing", "*.", "a.", false},
    {"match: an empty pattern matches nothing", "", "", false},
};

static void test_match(void **state)
{
	const struct match_row *row = *state;

	assert_int_equal(
	    domain_match(row->pattern, strlen(row->pattern), row->host),
	    row->matches);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_parse, parse_rows);
	TABLE_ONE(&t, "a NUL is refused wherever it stands", test_nul);
	TABLE_ONE(&t, "the length counts, not a NUL", test_length_counts);
	TABLE_ONE(&t, "a key of 10000 bytes is refused", test_long_key);
	TABLE_ONE(&t, "the longest key fits its buffer", test_long_utf8);
	TABLE_ONE(
	    &t, "an A-label name takes the place of U-labels", test_set_name);
	TABLE_ROWS(&t, test_hostname, hostname_rows);
	TABLE_ROWS(&t, test_utf8, utf8_rows);
	TABLE_ROWS(&t, test_match, match_rows);
	return table_run(&t, "domain");
}
