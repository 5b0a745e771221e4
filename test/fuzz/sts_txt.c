/* fuzz sts_txt: an id is one, and outcomes that have none leave it alone.
 * SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <string.h>
#include "fuzz.h"
#include "policy/sts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[STS_ID_MAX + 1] = "-";
	struct reason why = {0};
	enum sts_txt result = sts_parse_txt((const char *)data, size, id, &why);

	MUST((result == STS_TXT_VALID) == (strcmp(id, "-") != 0));
	MUST((result == STS_TXT_INVALID) == (why.text[0] != '\0'));
	if (result == STS_TXT_OTHER)
		return 0;
	MUST(size > 7 && memcmp(data, "v=STSv1", 7) == 0);
	MUST(data[7] == ';' || data[7] == ' ' || data[7] == '\t');
	if (result == STS_TXT_INVALID)
		return 0;
	MUST(strlen(id) > 0 && strlen(id) <= STS_ID_MAX);
	for (const char *c = id; *c != '\0'; c++)
		MUST(isalnum((unsigned char)*c));
	/* Nothing of a valid record needs more than printable ASCII. */
	for (size_t i = 0; i < size; i++)
		MUST(data[i] == '\t' || (data[i] >= 0x20 && data[i] < 0x7f));
	return 0;
}
