/* fuzz tlsa: no record is usable that has not the form of one.
 * SPDX-License-Identifier: MIT */
#include "fuzz.h"
#include "policy/tlsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum tlsa_use use = tlsa_judge(data, size);

	if (use == TLSA_UNUSABLE)
		return 0;
	MUST(size > TLSA_DATA_OFFSET);
	MUST(data[0] == 2 || data[0] == 3);
	MUST(data[1] <= 1);
	MUST(data[2] <= 2);
	switch (use) {
	case TLSA_UNUSABLE:
		break;
	case TLSA_USABLE:
		MUST(size == TLSA_DATA_OFFSET + 32u * data[2]);
		break;
	case TLSA_FULL_CERT:
		MUST(data[1] == 0 && data[2] == 0);
		break;
	case TLSA_FULL_KEY:
		MUST(data[1] == 1 && data[2] == 0);
		break;
	}
	return 0;
}
