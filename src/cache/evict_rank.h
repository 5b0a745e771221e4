/* evict_rank: which records go when there are too many; pure.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_EVICT_RANK_H
#define MXPOLICY_CACHE_EVICT_RANK_H

#include <stdint.h>
#include "cache/record.h"

/* Lower goes first.  Who can make a domain can make a thousand, with policies:
 * what they do not enforce must not push out what others do (RFC 8461 10.2). */
enum evict_rank {
	EVICT_NOTHING, /* nothing that a reply is made of */
	EVICT_DANE,    /* TLSA records */
	EVICT_TESTING, /* an unexpired MTA-STS policy of mode testing */
	EVICT_ENFORCED,
};
enum evict_rank evict_rank(const struct record *r, int64_t now);

struct evict_worth {
	enum evict_rank rank;
	uint32_t uses; /* 0 if it was not used for `idle` seconds */
	int64_t used;
};
struct evict_worth evict_worth(
    const struct record *r, int64_t now, uint32_t idle);

/* As for qsort(3): what goes first comes first.  Within a rank, what was used
 * in fewer hours; then what was used longest ago. */
int evict_compare(const struct evict_worth *a, const struct evict_worth *b);

#endif
