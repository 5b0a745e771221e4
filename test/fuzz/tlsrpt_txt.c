/* fuzz tlsrpt_txt: what is valid is harmless, in a datagram as well.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "policy/tlsrpt_txt.h"
#include "wire/datagram.h"

/* Between quotes there is nothing that ends a JSON string. */
static void check_datagram(const uint8_t *data, size_t size)
{
	static char buf[DATAGRAM_MAX], record[TLSRPT_TXT_MAX + 1];
	const struct datagram d = {
	    "example.com", record, STS_FAILURE_FETCH, record};
	size_t len, quotes = 0;

	memcpy(record, data, size);
	record[size] = '\0';
	len = datagram_format(&d, buf);
	MUST((len == 0) == (size > REASON_MAX));
	for (size_t i = 0; i < len; i++) {
		MUST(buf[i] >= 0x20 && buf[i] < 0x7f);
		if (buf[i] == '\\')
			i++;
		else
			quotes += buf[i] == '"';
	}
	/* As many as around keys and values. */
	MUST(len == 0 || quotes == 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reason why = {0};
	enum tlsrpt_txt result;

	if (size > TLSRPT_TXT_MAX)
		return 0;
	result = tlsrpt_txt_parse((const char *)data, size, &why);
	MUST((result == TLSRPT_TXT_INVALID) == (why.text[0] != '\0'));
	if (result == TLSRPT_TXT_OTHER)
		return 0;
	MUST(size >= 11 && memcmp(data, "v=TLSRPTv1;", 11) == 0);
	if (result == TLSRPT_TXT_INVALID)
		return 0;
	MUST(memmem(data, size, "rua=", 4) != NULL);
	for (size_t i = 0; i < size; i++)
		MUST(data[i] == '\t' || (data[i] >= 0x20 && data[i] < 0x7f));
	check_datagram(data, size);
	return 0;
}
