/* text: bytes of strangers made printable.
 * SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

void text_clean(char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_is_printable(bytes[i]))
			bytes[i] = '?';
}

const char *text_printable(
    char *buf, size_t size, const char *bytes, size_t len)
{
	if (len > size - 1)
		len = size - 1;
	memmove(buf, bytes, len);
	text_clean(buf, len);
	buf[len] = '\0';
	return buf;
}
