/* record_status: what a record amounts to, for lists and filters; pure, the
 * clock is passed in.
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
	/* What was found out last says, whatever its age: the same unless
	 * served is PENDING. */
	enum verdict known;
	struct reason why; /* of TEMP, in served or known */
	bool stale;  /* served from a DANE finding that is past its time */
	bool failed; /* the newest lookup of a half found nothing out */
	enum record_status_policy policy;
	enum sts_mode mode; /* with a policy */
	int64_t checked;    /* looked up, the half that was so first; 0 never */
	int64_t due;	    /* looked up anew, the half that is so first */
	int64_t expires;    /* the policy, 0 without one */
	int64_t used;
};

/* key is a canonical key (domain_format_key()). */
void record_status_of(struct record_status *f, const char *key,
    const struct record *r, const struct config *c,
    const struct config_map *map, int64_t now);

/* May the record be dropped without weakening what was promised?  Not while
 * it holds an unexpired policy that a sender has to keep enforcing (RFC 8461
 * 10.2); one in mode testing counts where a map enforces it. */
bool record_status_is_promise(
    const struct record *r, const struct config *c, int64_t now);

#endif
