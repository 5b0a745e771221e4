/* fresh: how findings age (src/README); pure, the clock is passed in.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_FRESH_H
#define MXPOLICY_CACHE_FRESH_H

#include <stdbool.h>
#include <stdint.h>
#include "cache/record.h"

#define FRESH_DAY 86400
#define FRESH_RETRY_MIN 5     /* an incomplete branch: 5 s, doubling */
#define FRESH_RETRY_MAX 300   /* ... to 5 minutes */
#define FRESH_TXT_MIN 300     /* the TXT is looked at after 5 minutes or more */
#define FRESH_FETCH_RETRY 300 /* RFC 8461 3.3: five minutes between fetches */
#define FRESH_STALE_MAX FRESH_DAY /* a stale DANE finding is younger */

/* Seconds that a clock may differ between writers before a time in the future
 * is taken for a clock that was set back. */
#define FRESH_SKEW 60

/* May this half be answered from, at now? */
bool fresh_dane(const struct dane_branch *d, int64_t now);
bool fresh_sts(const struct sts_branch *s, int64_t now);

/* Is there a policy that has not expired (max_age from its fetch)?  A fetch in
 * the future (the clock was set back) leaves it alive: never weaker. */
bool fresh_policy_alive(const struct sts_branch *s, int64_t now);

/* Is the daily fetch due (RFC 8461 3.3), although the id stands? */
bool fresh_fetch_due(const struct sts_branch *s, int64_t now);

/* Fold a finding into its half.  A failure that is the domain's own is looked
 * at again after five minutes (RFC 8461 3.3), any other after 5 s, doubling;
 * an unexpired policy stays through both, and its max_age counts from the
 * fetch alone.  STS_FOUND_FETCHING changes nothing.  min_ttl: seconds, the
 * setting.  fresh_merge_sts() keeps a pointer to the finding's policy text. */
void fresh_merge_dane(struct dane_branch *d, const struct dane_finding *f,
    int64_t now, uint32_t min_ttl);
void fresh_merge_sts(
    struct sts_branch *s, const struct sts_finding *f, int64_t now);

/* What the MTA-STS half stands for in the verdict, its age aside: enforced
 * with a living policy of mode enforce (or testing, where testing counts).
 * Failed when the newest lookup failed without one and either defer is set or
 * the failure was not the domain's own: then nobody knows. */
enum sts_standing fresh_standing(
    const struct sts_branch *s, int64_t now, bool testing_counts, bool defer);

/* What verdict_decide() may use as its dane and stale arguments; either
 * may be NULL.  failed is filled and used when the newest lookup failed. */
const struct dane_finding *fresh_dane_finding(
    const struct dane_branch *d, struct dane_finding *failed);
const struct dane_finding *fresh_stale(
    const struct dane_branch *d, int64_t now);

#endif
