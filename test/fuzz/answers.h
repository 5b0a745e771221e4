/* answers: name servers whose answers come from a fuzzer's input.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TEST_FUZZ_ANSWERS_H
#define MXPOLICY_TEST_FUZZ_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "dns/dns.h"

/* The input, byte by byte; after its end come zeroes.  Each answer takes:
 *
 *	u8	which of the open questions is answered; one that was answered
 *		before gets the same again, and nothing more is taken
 *	u8	bits 0-1: outcome (0 and 1 secure, 2 insecure, 3 failed); bits
 *		2-3: shape (0 records, 1 no data, 2 no such name, 3 the bytes of
 *		the answer section itself); bits 4-5: aliases in front of it;
 *		bit 6: no SOA; bit 7: an owner that was not asked for
 *	u8	how many records
 *	u8	TTL: 16 seconds each
 *	...	what the records are made from, see answers.c
 */
void answers_begin(const uint8_t *data, size_t size);
uint8_t answers_byte(void);
/* How many bytes are left. */
size_t answers_left(void);

/* A question that was answered. */
struct answers_given {
	char name[DNS_NAME_TEXT_MAX + 32];
	enum dns_type type;
	enum dns_outcome outcome;
	enum dns_content content;
	bool had_cname, has_usable; /* a usable TLSA record */
	char canon[DNS_NAME_TEXT_MAX + 1];
	uint32_t ttl;
	const uint8_t *from; /* where in the input its answer begins */
};

/* Answer one open question; false: there is none. */
bool answers_step(void);
size_t answers_open(void);  /* questions without an answer */
size_t answers_asked(void); /* questions so far */

/* What was answered to a question, or NULL; and the i-th answer, or NULL. */
const struct answers_given *answers_find(const char *name, enum dns_type type);
const struct answers_given *answers_at(size_t i);

#endif
