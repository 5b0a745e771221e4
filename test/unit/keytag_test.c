/* keytag_test: key tags of the root's trust anchor.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "verb/check/keytag.h"

/* ICANN's keys of 2017 and 2024, as published. */
#define DS_2017                                                                \
	". 172800 IN DS 20326 8 2 "                                            \
	"E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define KEY_2017                                                               \
	"AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7"    \
	"HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDd"    \
	"D5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9ta"    \
	"rpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXx"    \
	"uOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8"    \
	"subX2Nn6UwNR1AkUTV74bU="

static const struct row {
	const char *name, *text;
	size_t n;
	uint16_t tag[3];
} rows[] = {
    {"nothing", "", 0, {0}},
    {"a DS", DS_2017 "\n", 1, {20326}},
    {"a last line without its end", DS_2017, 1, {20326}},
    {"no TTL, small letters", ". in ds 38696 8 2 683D\n", 1, {38696}},
    {"a key", ". IN DNSKEY 257 3 8 " KEY_2017 " ;{id = 20326 (ksk)}\n", 1,
	{20326}},
    {"a key in two words", ". DNSKEY 257 3 8 AwEA AQ==\n", 1, {1803}},
    {"both are one", DS_2017 "\n. DNSKEY 257 3 8 " KEY_2017 "\n", 1, {20326}},
    {"two keys", DS_2017 "\n. IN DS 38696 8 2 683D\n", 2, {20326, 38696}},
    {"a zone's key is none", ". DNSKEY 256 3 8 " KEY_2017 "\n", 0, {0}},
    {"a revoked key is none", ". DNSKEY 385 3 8 " KEY_2017 "\n", 0, {0}},
    {"another zone's", "example. DS 1 8 2 AB\n", 0, {0}},
    {"a comment", "; . DS 1 8 2 AB\n", 0, {0}},
    {"no base64", ". DNSKEY 257 3 8 !!\n", 0, {0}},
    {"no number", ". DS x 8 2 AB\n. DS\n.\n. DNSKEY 257\n", 0, {0}},
    {"the largest tag", ". DS 65535 8 2 AB\n", 1, {65535}},
    {"a number of eight digits", ". DS 00020326 8 2 AB\n", 0, {0}},
    {"a protocol out of range", ". DNSKEY 257 256 8 AwEAAQ==\n", 0, {0}},
    {"a key of no bytes", ". DNSKEY 257 3 8\n. DNSKEY 257 3 8 =\n", 0, {0}},
    {"a number out of range", ". DS 65536 8 2 AB\n", 0, {0}},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	uint16_t tag[KEYTAGS_MAX];

	assert_int_equal(keytag_read(row->text, tag), row->n);
	for (size_t i = 0; i < row->n; i++)
		assert_int_equal(tag[i], row->tag[i]);
}

static void test_many(void **state)
{
	static char text[4096];
	uint16_t tag[KEYTAGS_MAX];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(
		    text + len, sizeof text - len, ". DS %d 8 2 AB\n", i);
	assert_int_equal(keytag_read(text, tag), KEYTAGS_MAX);
}

/* The longest that is taken, and one that is longer. */
static void test_long_key(void **state)
{
	static const char head[] = ". DNSKEY 257 3 8 ";
	static char text[4096];
	uint16_t tag[KEYTAGS_MAX];
	size_t len = strlen(head);

	(void)state;
	memcpy(text, head, len);
	memset(text + len, 'A', 2726);
	strcpy(text + len + 2726, "=="); /* 2044 bytes */
	assert_int_equal(keytag_read(text, tag), 1);
	memset(text + len, 'A', 2728); /* 2046 bytes */
	assert_int_equal(keytag_read(text, tag), 0);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "more than there is room for", test_many);
	TABLE_ONE(&t, "a key that is too long", test_long_key);
	return table_run(&t, "keytag");
}
