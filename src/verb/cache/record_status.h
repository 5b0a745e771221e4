/* record_status: the state of a record, for lists and filters; pure, the clock
 * is passed in.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CACHE_RECORD_STATUS_H
#define MXPOLICY_VERB_CACHE_RECORD_STATUS_H

#include "cache/record.h"
#include "serve/config.h"

enum record_status_policy {
	RECORD_STATUS_POLICY_NONE,
	RECORD_STATUS_POLICY_ALIVE,
	RECORD_STATUS_POLICY_EXPIRED, /* kept, never served */
};

struct record_status {
	/* What is served now; PENDING: it is looked up first. */
	enum verdict served;
	/* The verdict of the last known results, whatever their age; differs
	 * from served only where that is PENDING. */
	enum verdict known;
	struct reason why; /* of TEMP, in served or known */
	bool stale;	   /* served from a DANE result that is past its time */
	bool failed;	   /* the latest lookup of a branch failed */
	enum record_status_policy policy;
	enum sts_mode mode; /* with a policy */
	int64_t
	    checked; /* when the branch that is older was looked up; 0 never */
	int64_t due; /* when the first branch is to be looked up again */
	int64_t expires; /* of the policy, 0 without one */
	int64_t used;
};

/* key is a canonical key (domain_format_key()). */
void record_status_of(struct record_status *f, const char *key,
    const struct record *r, const struct config *c,
    const struct config_map *map, int64_t now);

/* Does the record hold an unexpired policy, which a sender has to go on
 * enforcing (RFC 8461 10.2)?  One in mode testing counts if a map enforces
 * it. */
bool record_status_is_promise(
    const struct record *r, const struct config *c, int64_t now);

#endif
