/* netstring: framing of bytes, as socketmap_table(5) uses it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_NETSTRING_H
#define MXPOLICY_WIRE_NETSTRING_H

#include <stddef.h>

/* The most digits of a length; Postfix tolerates leading zeros (netstring.c
 * netstring_get_length), and so do we, within this limit. */
#define NETSTRING_DIGITS_MAX 10
/* The most that a frame adds to its payload: digits, ':' and ','. */
#define NETSTRING_OVERHEAD (NETSTRING_DIGITS_MAX + 2)

enum netstring {
	NETSTRING_WHOLE,   /* there is a complete payload */
	NETSTRING_PARTIAL, /* valid so far, more bytes are needed */
	NETSTRING_BROKEN,  /* not a netstring, or longer than max */
};

/* Look at the front of buf.  WHOLE: *payload and *len name the payload inside
 * buf, *used is the length of the frame.  Otherwise these are untouched.  Never
 * reads more than size bytes; a length over max is BROKEN at once. */
enum netstring netstring_parse(const char *buf, size_t size, size_t max,
    const char **payload, size_t *len, size_t *used)
    __attribute__((warn_unused_result));

/* Write the head "LEN:" right-aligned so that it ends at buf + room; returns
 * where it starts.  room must be NETSTRING_DIGITS_MAX + 1.  The caller keeps
 * that room before the payload and puts ',' after it: nothing is copied. */
#define NETSTRING_HEAD_ROOM (NETSTRING_DIGITS_MAX + 1)
char *netstring_format_head(
    char buf[static NETSTRING_HEAD_ROOM], size_t payload_len);

#endif
