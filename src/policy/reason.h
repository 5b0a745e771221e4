/* reason: why something is as it is, in a fixed-size text that travels.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_REASON_H
#define MXPOLICY_POLICY_REASON_H

#include <stddef.h>

/* Postfix logs the first 200 bytes of a TEMP reason (reference: its
 * dict_sockmap.c); longer texts are cut here. */
#define REASON_MAX 200

struct reason {
	char text[REASON_MAX + 1]; /* printable ASCII, "" when there is none */
};

/* Write a formatted text.  This is the one place where foreign bytes are made
 * printable: everything outside 0x20..0x7e becomes '?'. */
void reason_set(struct reason *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Make it empty. */
void reason_clear(struct reason *r);

#endif
