/* text: bytes of strangers made printable.
 * SPDX-License-Identifier: MIT
 *
 * This is the only place that does it: bytes outside 0x20..0x7e become '?', so
 * that no control character reaches a terminal, a log or a reply. */
#ifndef MXPOLICY_BASE_TEXT_H
#define MXPOLICY_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Is the byte in 0x20..0x7e? */
static inline bool text_is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* len bytes, in place. */
void text_clean(char *bytes, size_t len);

/* A NUL-terminated copy of at most size - 1 bytes (size is above 0); buf is
 * returned. */
const char *text_printable(
    char *buf, size_t size, const char *bytes, size_t len);

#endif
