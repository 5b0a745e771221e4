/* httpsbody: the answer of a policy host, its header and its content.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSBODY_H
#define MXPOLICY_LOOKUP_HTTPSBODY_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"

struct httpsbody {
	char *bytes; /* NULL: none yet */
	size_t len;
};

/* easy: the CURL handle, of which libcurl has read the header.  Is it an answer
 * with a policy: status 200, text/plain, and a length, if it has one, of at
 * most 64 KiB?  false: why is set. */
bool httpsbody_check_head(void *easy, struct reason *why)
    __attribute__((warn_unused_result));

/* Append what libcurl has received, 64 KiB in all.  false: why is set. */
bool httpsbody_add(struct httpsbody *b, const char *data, size_t n,
    struct reason *why) __attribute__((warn_unused_result));

/* At the end: unpack gzip, the one encoding that is asked for, to at most
 * 64 KiB.  Any other is ignored.  false: why is set. */
bool httpsbody_unpack(struct httpsbody *b, void *easy, struct reason *why)
    __attribute__((warn_unused_result));

/* Frees the bytes. */
void httpsbody_clear(struct httpsbody *b);

#endif
