/* evict_rank: which records go when there are too many; pure.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_EVICT_RANK_H
#define MXPOLICY_CACHE_EVICT_RANK_H

#include <stdint.h>
#include "cache/record.h"

/* Lower goes first; among equals the one that was used longest ago. */
enum evict_rank {
	EVICT_NOTHING, /* nothing is published */
	EVICT_DANE,
	EVICT_POLICY, /* an unexpired MTA-STS policy goes last */
};
enum evict_rank evict_rank(const struct record *r, int64_t now);

#endif
