/* due: what is to be refreshed ahead of time, and what is to go; pure.
 * SPDX-License-Identifier: MIT */
#include "cache/due.h"

#include "cache/fresh.h"

enum due_rank due_rank(const struct record *r, int64_t now)
{
	if (fresh_policy_alive(&r->sts, now))
		return DUE_RANK_POLICY;
	if (r->dane.asof != 0 &&
	    (r->dane.last.usable > 0 || r->dane.last.unusable > 0))
		return DUE_RANK_DANE;
	return DUE_RANK_NOTHING;
}

/* Serving retries after seconds, because somebody waits; nobody does here. */
static bool backs_off(uint32_t failures, int64_t checked, int64_t now)
{
	int64_t wait = DUE_BACKOFF_MIN;

	if (failures == 0)
		return false;
	while (--failures > 0 && wait < DUE_BACKOFF_MAX)
		wait *= 2;
	if (wait > DUE_BACKOFF_MAX)
		wait = DUE_BACKOFF_MAX;
	return now >= checked && now - checked < wait;
}

bool due_wanted(
    const struct record *r, int64_t now, int64_t until, uint32_t idle)
{
	bool dane = !fresh_dane(&r->dane, until) &&
	    !backs_off(r->dane.failures, r->dane.checked, now);
	bool sts = !fresh_sts(&r->sts, until) &&
	    !backs_off(r->sts.failures, r->sts.checked, now);

	if (r->used + idle < now)
		return false;
	if (due_rank(r, now) == DUE_RANK_NOTHING && r->uses < DUE_OFTEN)
		return false;
	return dane || sts;
}
