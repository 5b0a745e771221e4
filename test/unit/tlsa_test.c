/* tlsa_test: which TLSA records Postfix can use.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "policy/tlsa.h"

struct row {
	const char *name;
	uint8_t usage, selector, matching;
	size_t data_len;
	enum tlsa_use use;
};

static const struct row rows[] = {
    {"3 1 1 with 32 bytes", 3, 1, 1, 32, TLSA_USABLE},
    {"3 0 1 with 32 bytes", 3, 0, 1, 32, TLSA_USABLE},
    {"2 0 1 with 32 bytes", 2, 0, 1, 32, TLSA_USABLE},
    {"2 1 2 with 64 bytes", 2, 1, 2, 64, TLSA_USABLE},
    {"3 1 2 with 64 bytes", 3, 1, 2, 64, TLSA_USABLE},
    {"PKIX-TA is not for SMTP", 0, 1, 1, 32, TLSA_UNUSABLE},
    {"PKIX-EE is not for SMTP", 1, 1, 1, 32, TLSA_UNUSABLE},
    {"an unknown usage", 4, 1, 1, 32, TLSA_UNUSABLE},
    {"the private usage", 255, 1, 1, 32, TLSA_UNUSABLE},
    {"an unknown selector", 3, 2, 1, 32, TLSA_UNUSABLE},
    {"the private selector", 3, 255, 1, 32, TLSA_UNUSABLE},
    {"an unknown matching type", 3, 1, 3, 32, TLSA_UNUSABLE},
    {"the private matching type", 3, 1, 255, 32, TLSA_UNUSABLE},
    {"SHA-256 one byte short", 3, 1, 1, 31, TLSA_UNUSABLE},
    {"SHA-256 one byte long", 3, 1, 1, 33, TLSA_UNUSABLE},
    {"SHA-256 with the length of SHA-512", 3, 1, 1, 64, TLSA_UNUSABLE},
    {"SHA-512 one byte short", 3, 1, 2, 63, TLSA_UNUSABLE},
    {"SHA-512 one byte long", 3, 1, 2, 65, TLSA_UNUSABLE},
    {"SHA-512 with the length of SHA-256", 3, 1, 2, 32, TLSA_UNUSABLE},
    {"3 0 0 is a certificate", 3, 0, 0, 90, TLSA_FULL_CERT},
    {"2 0 0 is a certificate", 2, 0, 0, 90, TLSA_FULL_CERT},
    {"3 1 0 is a key, no certificate (peers fault 29)", 3, 1, 0, 90,
	TLSA_FULL_KEY},
    {"2 1 0 is a key", 2, 1, 0, 90, TLSA_FULL_KEY},
    {"full data of one byte is for the DER parser to refuse", 3, 0, 0, 1,
	TLSA_FULL_CERT},
    {"full data of no byte", 3, 0, 0, 0, TLSA_UNUSABLE},
    {"a digest of no byte", 3, 1, 1, 0, TLSA_UNUSABLE},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	uint8_t rdata[TLSA_DATA_OFFSET + 90] = {
	    row->usage, row->selector, row->matching};

	assert_int_equal(
	    tlsa_judge(rdata, TLSA_DATA_OFFSET + row->data_len), row->use);
}

static void test_truncated(void **state)
{
	/* On the heap of its exact size, so that over-reading is seen. */
	uint8_t *rdata = malloc(3);

	(void)state;
	assert_non_null(rdata);
	memcpy(rdata, "\3\0\0", 3);
	for (size_t len = 0; len <= 3; len++)
		assert_int_equal(tlsa_judge(rdata, len), TLSA_UNUSABLE);
	free(rdata);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "truncated records of 0 to 3 bytes", test_truncated);
	return table_run(&t, "tlsa");
}
