/* tlsa: which TLSA records Postfix can use (RFC 7672 3.1, RFC 6698 2.1).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_TLSA_H
#define MXPOLICY_POLICY_TLSA_H

#include <stddef.h>
#include <stdint.h>

/* RFC 7218 2: the values that Postfix knows. */
enum { TLSA_USAGE_TA = 2, TLSA_USAGE_EE = 3 };
enum { TLSA_SELECTOR_CERT = 0, TLSA_SELECTOR_SPKI = 1 };
enum {
	TLSA_MATCHING_FULL = 0,
	TLSA_MATCHING_SHA256 = 1,
	TLSA_MATCHING_SHA512 = 2
};

enum tlsa_use {
	TLSA_UNUSABLE,	/* 0 and 1, unknown values, a wrong digest length */
	TLSA_USABLE,	/* 2 or 3 with a digest of the right length */
	TLSA_FULL_CERT, /* usable if data is a DER certificate */
	TLSA_FULL_KEY,	/* usable if data is a DER SubjectPublicKeyInfo */
};

/* Classify one TLSA RDATA.  For the two FULL outcomes the caller has to parse
 * the DER that begins at rdata + TLSA_DATA_OFFSET. */
#define TLSA_DATA_OFFSET 3
enum tlsa_use tlsa_judge(const uint8_t *rdata, size_t len)
    __attribute__((warn_unused_result));

#endif
