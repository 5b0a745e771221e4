/* gunzip: the content of a gzip body (RFC 1952).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_GUNZIP_H
#define MXPOLICY_LOOKUP_GUNZIP_H

#include <stddef.h>

enum gunzip {
	GUNZIP_WHOLE,
	GUNZIP_CUT,	  /* it ends before its content does */
	GUNZIP_DAMAGED,	  /* no gzip, a wrong checksum, or bytes behind it */
	GUNZIP_TOO_LARGE, /* its content does not fit */
};

/* Unpack len bytes into out, which has room for max; *n: how many it has then,
 * if it is whole.  Several members, one behind the other, are one content. */
enum gunzip gunzip(const void *packed, size_t len, void *out, size_t max,
    size_t *n) __attribute__((warn_unused_result));

#endif
