/* netstring: framing of bytes, as socketmap_table(5) uses it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_NETSTRING_H
#define MXPOLICY_WIRE_NETSTRING_H

#include <stddef.h>

/* Digits of a length that are read at most; Postfix tolerates leading zeros
 * (netstring.c netstring_get_length), we do within this bound. */
#define NETSTRING_DIGITS_MAX 10
/* What a frame adds to its payload at most: digits, ':' and ','. */
#define NETSTRING_OVERHEAD (NETSTRING_DIGITS_MAX + 2)

enum netstring {
	NETSTRING_WHOLE,   /* a payload is there */
	NETSTRING_PARTIAL, /* right so far, more bytes are needed */
	NETSTRING_BROKEN,  /* no netstring, or longer than max */
};

/* Look at the front of buf.  WHOLE: *payload and *len name the payload inside
 * buf, *used is what the frame took.  Otherwise these are untouched.
 * Never looks past size bytes; a length over max is BROKEN as soon as seen. */
enum netstring netstring_parse(const char *buf, size_t size, size_t max,
    const char **payload, size_t *len, size_t *used)
    __attribute__((warn_unused_result));

/* Write the head "LEN:" right-aligned so that it ends at buf + room; returns
 * where it starts.  room must be NETSTRING_DIGITS_MAX + 1.  The caller keeps
 * that room in front of the payload and puts ',' behind it: no copying. */
#define NETSTRING_HEAD_ROOM (NETSTRING_DIGITS_MAX + 1)
char *netstring_format_head(
    char buf[static NETSTRING_HEAD_ROOM], size_t payload_len);

#endif
