/* span: lengths of time and points in time, for a person.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_SPAN_H
#define MXPOLICY_VERB_SPAN_H

#include <stdint.h>

/* A certificate that ends sooner is warned of, seconds. */
#define SPAN_EXPIRES_SOON (14 * 86400)
#define SPAN_MAX 64

/* "45 s", "12 min", "3 h", "6 days": translated, rounded down to the largest
 * unit that is there at least twice.  buf is returned. */
const char *span_text(int64_t seconds, char buf[static SPAN_MAX]);

/* "2026-11-24 17:00:05 UTC"; "never" (translated) for 0. */
const char *span_date(int64_t when, char buf[static SPAN_MAX]);

#endif
