/* crt_test: lengths in DER, and why a chain does not verify, in words.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "x509/crt.h"

#include <gnutls/gnutls.h>

struct der_row {
	const char *name;
	uint8_t bytes[6];
	size_t size, len, head;
};

static const struct der_row der_rows[] = {
    {"an empty sequence", {0x30, 0}, 2, 2, 2},
    {"a short length", {0x30, 0x7f}, 2, 2 + 0x7f, 2},
    {"one byte of length", {0x30, 0x81, 0x80}, 3, 3 + 0x80, 3},
    {"two bytes", {0x30, 0x82, 1, 2}, 4, 4 + 0x102, 4},
    {"three bytes", {0x30, 0x83, 1, 2, 3}, 5, 5 + 0x10203, 5},
    {"four bytes are more than any certificate has", {0x30, 0x84, 0, 0, 0, 1},
	6, 0, 0},
    {"the indefinite form is not DER", {0x30, 0x80}, 2, 0, 0},
    {"a length that is cut", {0x30, 0x82, 1}, 3, 0, 0},
    {"no length", {0x30}, 1, 0, 0},
    {"nothing", {0}, 0, 0, 0},
    {"a set", {0x31, 0}, 2, 0, 0},
};

static void der_length(void **state)
{
	const struct der_row *r = *state;
	/* On the heap of its exact size, so that over-reading is seen. */
	uint8_t *copy = malloc(r->size > 0 ? r->size : 1);
	size_t head = 0;

	assert_non_null(copy);
	memcpy(copy, r->bytes, r->size);
	assert_int_equal(crt_der_length(copy, r->size, &head), r->len);
	assert_int_equal(head, r->head);
	assert_int_equal(crt_der_length(copy, r->size, NULL), r->len);
	free(copy);
}

struct status_row {
	const char *name;
	unsigned int status;
	const char *words;
};

static const struct status_row status_rows[] = {
    {"nothing is wrong", 0, ""},
    {"that it is invalid is said by what is wrong", GNUTLS_CERT_INVALID, ""},
    {"one reason", GNUTLS_CERT_INVALID | GNUTLS_CERT_EXPIRED, "expired"},
    {"two of them, always in the same order",
	GNUTLS_CERT_EXPIRED | GNUTLS_CERT_SIGNER_NOT_FOUND,
	"issuer not trusted, expired"},
    {"all", ~0U,
	"revoked, issuer not trusted, issuer is not a CA, insecure "
	"algorithm, not yet valid, expired, wrong signature, constraints "
	"violated, not for servers, unknown critical extension"},
};

static void status_text(void **state)
{
	const struct status_row *r = *state;
	struct reason text;

	crt_status_text(r->status, &text);
	assert_string_equal(text.text, r->words);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, der_length, der_rows);
	TABLE_ROWS(&t, status_text, status_rows);
	return table_run(&t, "crt");
}
