/* due: what is to be refreshed ahead of time, and what is to go; pure.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_DUE_H
#define MXPOLICY_CACHE_DUE_H

#include <stdbool.h>
#include <stdint.h>
#include "cache/record.h"

/* "No policy" is an answer that is worth keeping fresh when it was asked for
 * in this many different hours. */
#define DUE_OFTEN 3
/* After failures in a row: 5 minutes, doubling, to a day. */
#define DUE_BACKOFF_MIN 300
#define DUE_BACKOFF_MAX 86400

/* Is the record to be refreshed now, being not fresh any more at `until`?
 * idle: seconds since its last use after which nobody wants it. */
bool due_wanted(
    const struct record *r, int64_t now, int64_t until, uint32_t idle);

/* In which order records go when there are too many: lower goes first; among
 * equals the one that was used longest ago. */
enum due_rank {
	DUE_RANK_NOTHING, /* nothing is published */
	DUE_RANK_DANE,
	DUE_RANK_POLICY, /* an unexpired MTA-STS policy goes last */
};
enum due_rank due_rank(const struct record *r, int64_t now);

#endif
