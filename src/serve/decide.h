/* decide: the verdict that a record gives at a moment; pure, the clock is
 * passed in.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_DECIDE_H
#define MXPOLICY_SERVE_DECIDE_H

#include "cache/record.h"
#include "serve/config.h"
#include "serve/inflight.h"

struct decision {
	const struct config *config;
	const struct config_map *map;
	const struct domain
	    *domain; /* complete: neither U-labels nor service */
	const struct record *record;
	int64_t now;
	/* What was looked up before this time is not used, all that was looked
	 * up since is (0: all that is fresh is). */
	int64_t since;
	/* A lookup was started or waited for since this time (0: none was): an
	 * answer with a TTL of 0 still answers the question that led to it. */
	int64_t asked;
	bool late; /* decide with what there is */
	/* The cache may hold a policy that could not be read (STORE_BUSY). */
	bool blind;
	/* Of the lookup that is under way, or NULL. */
	const struct lookup *lookup;
};

/* The verdict (src/README) from what may be used of the record.
 * VERDICT_PENDING: something has to be looked up first; never when late.
 * why is set for VERDICT_TEMP and else left alone. */
enum verdict decide_record(const struct decision *j, struct reason *why)
    __attribute__((warn_unused_result));

#endif
