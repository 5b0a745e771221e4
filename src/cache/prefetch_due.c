/* prefetch_due: which records are refreshed ahead of time; pure.
 * SPDX-License-Identifier: MIT */
#include "cache/prefetch_due.h"

#include "cache/evict_rank.h"
#include "cache/fresh.h"

/* Serving retries after seconds, because somebody waits; nobody does here. */
static bool backs_off(uint32_t failures, int64_t checked, int64_t now)
{
	int64_t wait = PREFETCH_DUE_BACKOFF_MIN;

	if (failures == 0)
		return false;
	while (--failures > 0 && wait < PREFETCH_DUE_BACKOFF_MAX)
		wait *= 2;
	if (wait > PREFETCH_DUE_BACKOFF_MAX)
		wait = PREFETCH_DUE_BACKOFF_MAX;
	return now >= checked && now - checked < wait;
}

bool prefetch_due(
    const struct record *r, int64_t now, int64_t until, uint32_t idle)
{
	bool dane = !fresh_dane(&r->dane, until) &&
		    !backs_off(r->dane.failures, r->dane.checked, now);
	bool sts = !fresh_sts(&r->sts, until) &&
		   !backs_off(r->sts.failures, r->sts.checked, now);

	if (r->used + idle < now)
		return false;
	if (evict_rank(r, now) == EVICT_NOTHING && r->uses < PREFETCH_DUE_OFTEN)
		return false;
	return dane || sts;
}
