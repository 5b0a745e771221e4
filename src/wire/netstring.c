/* netstring: framing of bytes, as socketmap_table(5) uses it.
 * SPDX-License-Identifier: MIT */
#include "wire/netstring.h"

#include <stdint.h>

enum netstring netstring_parse(const char *buf, size_t size, size_t max,
    const char **payload, size_t *len, size_t *used)
{
	/* Ten digits fit, even on 32-bit machines. */
	uint64_t value = 0;
	size_t i = 0;

	while (i < size && buf[i] >= '0' && buf[i] <= '9') {
		if (i == NETSTRING_DIGITS_MAX)
			return NETSTRING_BROKEN;
		value = value * 10 + (uint64_t)(buf[i++] - '0');
		if (value > max)
			return NETSTRING_BROKEN;
	}
	if (i == size)
		return NETSTRING_PARTIAL;
	if (i == 0 || buf[i] != ':')
		return NETSTRING_BROKEN;
	i++;
	if (value >= size - i)
		return NETSTRING_PARTIAL;
	if (buf[i + value] != ',')
		return NETSTRING_BROKEN;
	*payload = buf + i;
	*len = (size_t)value;
	*used = i + (size_t)value + 1;
	return NETSTRING_WHOLE;
}

char *netstring_format_head(
    char buf[static NETSTRING_HEAD_ROOM], size_t payload_len)
{
	char *at = buf + NETSTRING_HEAD_ROOM;

	*--at = ':';
	do {
		*--at = (char)('0' + payload_len % 10);
		payload_len /= 10;
	} while (payload_len > 0 && at > buf);
	return at;
}
