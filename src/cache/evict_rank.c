/* evict_rank: which records go when there are too many; pure.
 * SPDX-License-Identifier: MIT */
#include "cache/evict_rank.h"

#include <stdbool.h>
#include "cache/fresh.h"

enum evict_rank evict_rank(const struct record *r, int64_t now)
{
	bool is_alive = fresh_policy_alive(&r->sts, now);

	if (is_alive && r->sts.policy.mode == STS_MODE_ENFORCE)
		return EVICT_ENFORCED;
	if (is_alive && r->sts.policy.mode == STS_MODE_TESTING)
		return EVICT_TESTING;
	if (r->dane.asof != 0 &&
	    (r->dane.last.usable > 0 || r->dane.last.unusable > 0))
		return EVICT_DANE;
	return EVICT_NOTHING;
}

struct evict_worth evict_worth(
    const struct record *r, int64_t now, uint32_t idle)
{
	return (struct evict_worth){
	    .rank = evict_rank(r, now),
	    .uses = r->used + idle < now ? 0 : r->uses,
	    .used = r->used,
	};
}

int evict_compare(const struct evict_worth *a, const struct evict_worth *b)
{
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (a->uses != b->uses)
		return a->uses < b->uses ? -1 : 1;
	return a->used < b->used ? -1 : a->used > b->used;
}
