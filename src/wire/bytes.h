/* bytes: a cursor over a fixed buffer, with a sticky error.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_BYTES_H
#define MXPOLICY_WIRE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reading and writing use the same cursor.  When something does not fit, bad is
 * set and remains so: reads give zeroes and "", writes do nothing.  Check it
 * once, at the end.  Integers are big-endian. */
struct bytes {
	uint8_t *at, *end;
	bool bad;
};

void bytes_init(struct bytes *b, void *buf, size_t size);

void bytes_put_u8(struct bytes *b, uint8_t v);
void bytes_put_u16(struct bytes *b, uint16_t v);
void bytes_put_u32(struct bytes *b, uint32_t v);
void bytes_put_u64(struct bytes *b, uint64_t v);
void bytes_put(struct bytes *b, const void *data, size_t len);
/* A text of at most 65535 bytes: u16 length, then the bytes. */
void bytes_put_text(struct bytes *b, const char *text);

uint8_t bytes_get_u8(struct bytes *b);
uint16_t bytes_get_u16(struct bytes *b);
uint32_t bytes_get_u32(struct bytes *b);
uint64_t bytes_get_u64(struct bytes *b);
/* The next len bytes in place, NULL if there are fewer. */
const void *bytes_get(struct bytes *b, size_t len);
/* A text into a buffer of size bytes, NUL-terminated; bad if it does not fit
 * or contains a NUL. */
void bytes_get_text(struct bytes *b, char *text, size_t size);

/* An 8 byte checksum (FNV-1a) against torn and scribbled records, not against
 * forgery. */
uint64_t bytes_checksum(const void *data, size_t len);

#endif
