/* foreign: records that another machine made; pure, the clock is passed in.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_FLEET_FOREIGN_H
#define MXPOLICY_FLEET_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>
#include "cache/record.h"

/* Seconds that the clocks of two machines may differ.  What lies further in
 * the future is refused; below that, it counts as made at this moment. */
#define FOREIGN_SKEW_MAX 300

/* What of a record is worth telling others: a half that was found out, and a
 * policy that is alive.  A failure is each machine's own, and so are the notes
 * of use.  false: nothing is. */
bool foreign_export(struct record *to, const struct record *from, int64_t now)
    __attribute__((warn_unused_result));

/* Cut a foreign record that parses down to what may be believed at now: no
 * failures, nothing beyond the lifetimes that it would have had if it had been
 * looked up here; a DANE finding lives for its TTLs and no longer.  false:
 * times beyond the skew, a policy that does not say what its own text says,
 * texts that could not have come from us; r is then empty. */
bool foreign_clean(struct record *r, int64_t now)
    __attribute__((warn_unused_result));

/* Fold a clean record into one of this machine, for what was asked: dane and
 * sts come in as "still to be found out", and go out false where the foreign
 * half was taken: it is fresh at `until`, or half of its life is still left.
 *
 * A living policy here gives way only to a living one that was fetched later;
 * an enforced one only if that is enforced as well and ends no sooner.  With
 * the same id, a policy fetched no earlier only confirms it.  A policy
 * whose TXT record has to be looked at again is taken, but leaves sts true. */
void foreign_merge(struct record *into, const struct record *from, int64_t now,
    int64_t until, bool *dane, bool *sts);

/* The same for two records of others, of which the result is to be kept: of
 * each half the newer one, and never an older policy. */
void foreign_join(struct record *into, const struct record *from);

/* Seconds for which a record is worth keeping; 0: it is not. */
int64_t foreign_lifetime(const struct record *r, int64_t now);

#endif
