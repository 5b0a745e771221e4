/* seal: the serial number that a record carries in the file, and its two
 * places; pure.
 * SPDX-License-Identifier: MIT */
#include "cache/seal.h"

#include <string.h>
#include "wire/bytes.h"

#define SEAL_HEAD 17	   /* of the record: it has the checksum of the rest */
#define SEAL_SECOND '\001' /* ends the key of the second place */

/* Over the serial, and the part of the record that tells it from others. */
static uint64_t check_of(const uint8_t *record, uint64_t serial)
{
	uint8_t both[SEAL_HEAD + 8];
	struct bytes b;

	memcpy(both, record, SEAL_HEAD);
	bytes_init(&b, both + SEAL_HEAD, 8);
	bytes_put_u64(&b, serial);
	return bytes_checksum(both, sizeof both);
}

size_t seal_close(uint8_t *buf, size_t len, uint64_t serial)
{
	struct bytes b;

	bytes_init(&b, buf + len, SEAL_LEN);
	bytes_put_u64(&b, serial);
	bytes_put_u64(&b, check_of(buf, serial));
	return len + SEAL_LEN;
}

size_t seal_open(const void *data, size_t len, uint64_t *serial)
{
	/* The cursor is for both directions; reading leaves data alone. */
	uint8_t *at = (uint8_t *)(uintptr_t)data;
	struct bytes b;

	*serial = 0;
	if (len < SEAL_HEAD + SEAL_LEN)
		return len;
	bytes_init(&b, at + len - SEAL_LEN, SEAL_LEN);
	*serial = bytes_get_u64(&b);
	if (bytes_get_u64(&b) == check_of(at, *serial))
		return len - SEAL_LEN;
	*serial = 0;
	return len;
}

size_t seal_key(const char *key, int place, char buf[static SEAL_KEY_MAX + 1])
{
	size_t len = strnlen(key, DOMAIN_KEY_MAX);

	memcpy(buf, key, len);
	if (place != 0)
		buf[len++] = SEAL_SECOND;
	buf[len] = '\0';
	return len;
}

bool seal_key_open(const void *data, size_t len,
    char key[static DOMAIN_KEY_MAX + 1], int *place)
{
	const char *text = data;

	*place = len > 0 && text[len - 1] == SEAL_SECOND;
	len -= (size_t)*place;
	if (len > DOMAIN_KEY_MAX || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(key, text, len);
	key[len] = '\0';
	return true;
}
