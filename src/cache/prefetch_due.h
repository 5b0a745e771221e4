/* prefetch_due: which records are refreshed ahead of time; pure.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_PREFETCH_DUE_H
#define MXPOLICY_CACHE_PREFETCH_DUE_H

#include <stdbool.h>
#include <stdint.h>
#include "cache/record.h"

/* "No policy" is an answer that is worth keeping fresh when it was asked for
 * in this many different hours. */
#define PREFETCH_DUE_OFTEN 3
/* After failures in a row: 5 minutes, doubling, to a day. */
#define PREFETCH_DUE_BACKOFF_MIN 300
#define PREFETCH_DUE_BACKOFF_MAX 86400

/* Is the record to be refreshed now, being not fresh any more at `until`?
 * idle: seconds since its last use after which nobody wants it. */
bool prefetch_due(
    const struct record *r, int64_t now, int64_t until, uint32_t idle);

#endif
