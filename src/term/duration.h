/* duration: durations and dates, for a person.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_DURATION_H
#define MXPOLICY_TERM_DURATION_H

#include <stdint.h>

#define DURATION_MAX 64

/* "45 s", "12 min", "3 h", "6 days": translated, rounded down to the largest
 * unit of which there are at least two.  buf is returned. */
const char *duration_text(int64_t seconds, char buf[static DURATION_MAX]);

/* "2026-11-24 17:00:05 UTC"; "never" (translated) for 0. */
const char *duration_date(int64_t when, char buf[static DURATION_MAX]);

#endif
