/* verdict: the decision from what was found (src/README).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_VERDICT_H
#define MXPOLICY_POLICY_VERDICT_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/reason.h"

/* The MX RRset. */
enum mx_status {
	MX_SECURE,
	MX_INSECURE,
	MX_FAILED, /* could not be determined */
	MX_NONE,   /* secure NXDOMAIN or null MX (RFC 7505): no mail */
	/* The same, insecure: who can fake a denial must not get rid of a
	 * policy. */
	MX_NONE_INSECURE,
};

/* One MX host. */
enum host_status {
	HOST_USABLE,   /* U: a usable TLSA record, securely */
	HOST_UNUSABLE, /* X: secure TLSA RRset, none usable */
	HOST_NONE,     /* N: proven to have none, or insecure */
	HOST_ERROR,    /* E: could not be determined */
	HOST_ABSENT,   /* proven to have no address: left out */
};

/* The result of a domain's DANE lookup.  Hosts are counted by kind; the counts
 * saturate at UINT16_MAX. */
struct dane_finding {
	enum mx_status mx;
	uint16_t usable, unusable, none, error;
	uint32_t ttl;	   /* smallest of all answers used, seconds */
	struct reason why; /* of FAILED, NONE or the first E */
};

/* Count one host in a finding. */
void verdict_count(struct dane_finding *f, enum host_status host);

/* What is known about MTA-STS ("S" in the table). */
enum sts_standing {
	STS_STANDING_ABSENT,   /* no policy to enforce */
	STS_STANDING_ENFORCED, /* an unexpired policy to enforce */
	/* Could not be determined, and is not to be taken for absent. */
	STS_STANDING_FAILED,
	STS_STANDING_PENDING, /* still being looked up */
};

enum verdict {
	VERDICT_DANE_ONLY,
	VERDICT_DANE,
	VERDICT_SECURE,
	VERDICT_NOTFOUND,
	VERDICT_TEMP,
	VERDICT_PENDING, /* what is pending may change it */
};

/* The table.  strict: what publishes nothing gets `encrypt` or more in main.cf,
 * so that `dane`, which is no more than opportunistic for hosts without TLSA,
 * would be weaker than nothing.  dane may be NULL: still being looked up.
 * stale, or NULL: an older finding that is less than 24 h old; it is used only
 * where the MX RRset failed, and only when it gives dane or dane-only. A
 * verdict other than VERDICT_PENDING is one that no outcome of what is pending
 * can change.  With STS_STANDING_FAILED: TEMP wherever a policy would make a
 * difference. */
enum verdict verdict_decide(const struct dane_finding *dane,
    const struct dane_finding *stale, enum sts_standing sts, bool strict)
    __attribute__((warn_unused_result));

/* The row of the table in a few words, for people ("secure MX, all hosts with
 * usable TLSA"). */
const char *verdict_row(const struct dane_finding *dane);

/* "dane-only", "dane", "secure", "NOTFOUND", "TEMP", "pending". */
const char *verdict_name(enum verdict v);

#endif
