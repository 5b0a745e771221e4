/* reason: why something is as it is, in a fixed-size text that travels.
 * SPDX-License-Identifier: MIT */
#include "policy/reason.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reason_set(struct reason *r, const char *fmt, ...)
{
	/* Not into r at once: r->text may be among the arguments. */
	char text[REASON_MAX + 1];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text[0] = '\0';
	for (char *c = text; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
	memcpy(r->text, text, strlen(text) + 1);
}

void reason_clear(struct reason *r)
{
	r->text[0] = '\0';
}
