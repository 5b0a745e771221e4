/* reason: why something is as it is: a cause, and a text for people.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_REASON_H
#define MXPOLICY_POLICY_REASON_H

#include <stddef.h>
#include "policy/cause.h"

/* Postfix logs the first 200 bytes of a TEMP reason (reference: its
 * dict_sockmap.c); longer texts are cut here. */
#define REASON_MAX 200

struct reason {
	enum cause cause;	   /* CAUSE_NONE: nothing failed */
	char text[REASON_MAX + 1]; /* printable ASCII, "" if there is none */
};

/* Write a formatted text, with CAUSE_NONE: a remark, not a failure.  Foreign
 * bytes become printable (base/text.h). */
void reason_set(struct reason *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for something that failed. */
void reason_fail(struct reason *r, enum cause cause, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For a system call or library call that set errno: the text, ": ", the message
 * of errno; the cause is memory, descriptors or disk if errno says so, else
 * `otherwise`. */
void reason_fail_errno(struct reason *r, enum cause otherwise, int err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Make it empty, with CAUSE_NONE. */
void reason_clear(struct reason *r);

#endif
