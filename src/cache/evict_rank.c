/* evict_rank: which records go when there are too many; pure.
 * SPDX-License-Identifier: MIT */
#include "cache/evict_rank.h"

#include "cache/fresh.h"

enum evict_rank evict_rank(const struct record *r, int64_t now)
{
	if (fresh_policy_alive(&r->sts, now))
		return EVICT_POLICY;
	if (r->dane.asof != 0 &&
	    (r->dane.last.usable > 0 || r->dane.last.unusable > 0))
		return EVICT_DANE;
	return EVICT_NOTHING;
}
