/* tlsa: which TLSA records Postfix can use (RFC 7672 3.1, RFC 6698 2.1).
 * SPDX-License-Identifier: MIT */
#include "policy/tlsa.h"

enum tlsa_use tlsa_judge(const uint8_t *rdata, size_t len)
{
	uint8_t usage, selector;
	size_t data_len;

	/* Without data there is nothing to match. */
	if (len <= TLSA_DATA_OFFSET)
		return TLSA_UNUSABLE;
	usage = rdata[0];
	selector = rdata[1];
	data_len = len - TLSA_DATA_OFFSET;
	/* RFC 7672 3.1.3: the PKIX usages are unusable for SMTP. */
	if (usage != TLSA_USAGE_TA && usage != TLSA_USAGE_EE)
		return TLSA_UNUSABLE;
	if (selector != TLSA_SELECTOR_CERT && selector != TLSA_SELECTOR_SPKI)
		return TLSA_UNUSABLE;
	switch (rdata[2]) {
	case TLSA_MATCHING_FULL:
		return selector == TLSA_SELECTOR_CERT ? TLSA_FULL_CERT
						      : TLSA_FULL_KEY;
	case TLSA_MATCHING_SHA256:
		return data_len == 32 ? TLSA_USABLE : TLSA_UNUSABLE;
	case TLSA_MATCHING_SHA512:
		return data_len == 64 ? TLSA_USABLE : TLSA_UNUSABLE;
	}
	return TLSA_UNUSABLE;
}
