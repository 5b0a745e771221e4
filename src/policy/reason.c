/* reason: why something is as it is: a cause, and a text for people.
 * SPDX-License-Identifier: MIT */
#include "policy/reason.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

static void __attribute__((format(printf, 3, 0)))
set(struct reason *r, enum cause cause, const char *fmt, va_list ap)
{
	/* Not directly into r: r->text may be among the arguments. */
	char text[REASON_MAX + 1];

	if (vsnprintf(text, sizeof text, fmt, ap) < 0)
		text[0] = '\0';
	text_clean(text, strlen(text));
	memcpy(r->text, text, strlen(text) + 1);
	r->cause = cause;
}

void reason_set(struct reason *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(r, CAUSE_NONE, fmt, ap);
	va_end(ap);
}

void reason_fail(struct reason *r, enum cause cause, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(r, cause, fmt, ap);
	va_end(ap);
}

static enum cause cause_of_errno(int err, enum cause otherwise)
{
	switch (err) {
	case ENOMEM:
	case EAGAIN: /* of fork(2): no more processes */
		return CAUSE_MEMORY;
	case EMFILE:
	case ENFILE:
		return CAUSE_DESCRIPTORS;
	case ENOSPC:
	case EDQUOT:
	case EIO:
		return CAUSE_DISK;
	default:
		return otherwise;
	}
}

void reason_fail_errno(
    struct reason *r, enum cause otherwise, int err, const char *fmt, ...)
{
	struct reason what;
	va_list ap;

	va_start(ap, fmt);
	set(&what, CAUSE_NONE, fmt, ap);
	va_end(ap);
	reason_fail(r, cause_of_errno(err, otherwise), "%s: %s", what.text,
	    strerror(err));
}

void reason_clear(struct reason *r)
{
	r->cause = CAUSE_NONE;
	r->text[0] = '\0';
}
