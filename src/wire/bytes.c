/* bytes: a cursor over a fixed buffer, with a sticky error.
 * SPDX-License-Identifier: MIT */
#include "wire/bytes.h"

#include <string.h>

void bytes_init(struct bytes *b, void *buf, size_t size)
{
	b->at = buf;
	b->end = b->at + size;
	b->bad = false;
}

/* The next len bytes of the buffer, NULL if there are fewer. */
static uint8_t *advance(struct bytes *b, size_t len)
{
	uint8_t *at = b->at;

	if (b->bad || len > (size_t)(b->end - at)) {
		b->bad = true;
		return NULL;
	}
	b->at += len;
	return at;
}

static void put_integer(struct bytes *b, uint64_t v, size_t len)
{
	uint8_t *to = advance(b, len);

	if (to == NULL)
		return;
	while (len-- > 0) {
		to[len] = (uint8_t)v;
		v >>= 8;
	}
}

static uint64_t get_integer(struct bytes *b, size_t len)
{
	const uint8_t *from = advance(b, len);
	uint64_t v = 0;

	for (size_t i = 0; from != NULL && i < len; i++)
		v = v << 8 | from[i];
	return v;
}

void bytes_put_u8(struct bytes *b, uint8_t v)
{
	put_integer(b, v, sizeof v);
}

void bytes_put_u16(struct bytes *b, uint16_t v)
{
	put_integer(b, v, sizeof v);
}

void bytes_put_u32(struct bytes *b, uint32_t v)
{
	put_integer(b, v, sizeof v);
}

void bytes_put_u64(struct bytes *b, uint64_t v)
{
	put_integer(b, v, sizeof v);
}

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	uint8_t *to = advance(b, len);

	if (to != NULL && len > 0)
		memcpy(to, data, len);
}

void bytes_put_text(struct bytes *b, const char *text)
{
	size_t len = strlen(text);

	if (len > UINT16_MAX) {
		b->bad = true;
		return;
	}
	bytes_put_u16(b, (uint16_t)len);
	bytes_put(b, text, len);
}

uint8_t bytes_get_u8(struct bytes *b)
{
	return (uint8_t)get_integer(b, 1);
}

uint16_t bytes_get_u16(struct bytes *b)
{
	return (uint16_t)get_integer(b, 2);
}

uint32_t bytes_get_u32(struct bytes *b)
{
	return (uint32_t)get_integer(b, 4);
}

uint64_t bytes_get_u64(struct bytes *b)
{
	return get_integer(b, 8);
}

const void *bytes_get(struct bytes *b, size_t len)
{
	return advance(b, len);
}

void bytes_get_text(struct bytes *b, char *text, size_t size)
{
	size_t len = bytes_get_u16(b);
	const void *from = bytes_get(b, len);

	text[0] = '\0';
	if (from == NULL)
		return;
	if (len >= size || memchr(from, '\0', len) != NULL) {
		b->bad = true;
		return;
	}
	memcpy(text, from, len);
	text[len] = '\0';
}

uint64_t bytes_checksum(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++) {
		sum ^= at[i];
		sum *= 0x100000001b3u;
	}
	return sum;
}
