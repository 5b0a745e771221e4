/* idn_test: U-labels to A-labels, as ICU 72 converts them for Postfix.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "lookup/idn.h"
#include "lookup/punycode.h"

#define L60 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

/* alabel "": ICU reports an error, or the result is no host name. */
static const struct row {
	const char *name, *utf8, *alabel;
} rows[] = {
    {"small letters", "b\u00fccher.example", "xn--bcher-kva.example"},
    {"capitals", "B\u00dcCHER.Example", "xn--bcher-kva.example"},
    {"decomposed", "bu\u0308cher.example", "xn--bcher-kva.example"},
    {"an A-label beside it", "xn--bcher-kva.\u00e4.de",
	"xn--bcher-kva.xn--4ca.de"},
    {"full-width dots and letters", "\uff21b\uff0eb\u00fccher\u3002de",
	"ab.xn--bcher-kva.de"},
    {"a full-width dot at the end", "b\u00fccher.de\u3002", "xn--bcher-kva.de"},
    {"sharp s stays", "fa\u00df.de", "xn--fa-hia.de"},
    {"final sigma stays", "\u03c2.gr", "xn--3xa.gr"},
    {"a symbol", "\u2764.example", "xn--qei.example"},
    {"a symbol with its selector", "\u2764\ufe0f.example", "xn--qei.example"},
    {"an emoji", "\U0001f4a9.la", "xn--ls8h.la"},
    {"with a tone", "\U0001f44d\U0001f3fd.to", "xn--on8h5e.to"},
    {"several that are joined", "\U0001f469\u200d\U0001f4bb.example",
	"xn--1ug1855pcha.example"},
    {"a joiner between letters", "a\u200db.de", "xn--ab-m1t.de"},
    {"a symbol beside a sharp s", "fa\u00df\u2764.de", "xn--fa-hia8550b.de"},
    {"a symbol in one of many labels", "a.b\u2764.C", "a.xn--b-7iq.c"},
    {"a symbol beside capitals", "Z\u00dcRICH\u2764.ch",
	"xn--zrich-kva2499d.ch"},
    {"one that is mapped to ASCII", "\u2122.com", "tm.com"},
    {"a fraction", "\u00bd.com", "xn--12-c6t.com"},
    {"a slash that is none", "a\u2044b.de", "xn--ab-c6t.de"},
    {"digits of another script", "\u0660\u0661.com", "xn--8hbc.com"},
    {"a letter and a symbol from right to left", "\u05d0\u2764.com",
	"xn--4db603o.com"},
    {"a hyphen in front", "-\u00e4.de", ""},
    {"a hyphen at the end", "\u00e4\u2764-.de", ""},
    {"an empty label", "\u00e4..de", ""},
    {"a leading mark", "\u0301a.de", ""},
    {"what is mapped to blanks", "\ufdfa.com", ""},
    {"an A-label that is not ASCII", "xn--a\u2764.de", ""},
    {"a label that becomes too long", L60 "\u2764.de", ""},
    {"a name that becomes too long",
	L60 "." L60 "." L60 "." L60 ".b\u2764b\u2764b\u2764", ""},
};

static void test_alabel(void **state)
{
	const struct row *r = *state;
	char alabel[DOMAIN_MAX + 1];

	assert_int_equal(idn_to_alabel(r->utf8, alabel), r->alabel[0] != '\0');
	assert_string_equal(alabel, r->alabel);
}

/* It is "ss" up to Unicode 15.0, and sharp s from 15.1 on: as the library has
 * it, and Postfix's of the same distribution. */
static void test_capital_sharp_s(void **state)
{
	char alabel[DOMAIN_MAX + 1];

	(void)state;
	assert_true(idn_to_alabel("\u1e9e.de", alabel));
	if (strcmp(alabel, "xn--zca.de") != 0)
		assert_string_equal(alabel, "ss.de");
}

/* RFC 3492 7.1 (L), and every size that is too small for it. */
static void test_room(void **state)
{
	static const uint32_t label[] = {
	    0x33, 0x5e74, 0x42, 0x7d44, 0x91d1, 0x516b, 0x5148, 0x751f};
	static const char wanted[] = "3B-ww4c5e180e575a65lsy2b";

	(void)state;
	for (size_t size = 0; size <= sizeof wanted; size++) {
		/* On the heap, so that writing behind it is seen. */
		char *out = malloc(size > 0 ? size : 1);

		assert_non_null(out);
		assert_int_equal(punycode_encode(label, 8, out, size),
		    size >= sizeof wanted);
		if (size >= sizeof wanted)
			assert_string_equal(out, wanted);
		free(out);
	}
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_alabel, rows);
	TABLE_ONE(&t, "capital sharp s", test_capital_sharp_s);
	TABLE_ONE(&t, "punycode in every size", test_room);
	return table_run(&t, "idn");
}
