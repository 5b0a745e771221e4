/* size: sizes for a person.
 * SPDX-License-Identifier: MIT */
#include "term/size.h"

#include <stdio.h>

const char *size_text(uint64_t bytes, char buf[static SIZE_TEXT_MAX])
{
	if (bytes >= 1000 * 1000 * 1000)
		snprintf(buf, SIZE_TEXT_MAX, "%.1f GB", (double)bytes / 1e9);
	else if (bytes >= 1000 * 1000)
		snprintf(buf, SIZE_TEXT_MAX, "%.1f MB", (double)bytes / 1e6);
	else
		snprintf(buf, SIZE_TEXT_MAX, "%.1f kB", (double)bytes / 1e3);
	return buf;
}
