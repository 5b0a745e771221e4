/* record: findings as stored in the cache, and their bytes.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_RECORD_H
#define MXPOLICY_CACHE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/domain.h"
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/verdict.h"

/* All times are seconds since the epoch, at most RECORD_TIME_MAX; 0 stands for
 * never. */
#define RECORD_TIME_MAX 253402300799 /* the end of the year 9999 */

/* The DANE half.  `last` is the last finding whose MX RRset was found out;
 * it outlives later failures, so that it can be served stale (src/README). */
struct dane_branch {
	struct dane_finding last; /* meaningless while asof is 0 */
	int64_t asof;		  /* when last was found */
	int64_t checked;	  /* when it was looked up, with any outcome */
	int64_t due;		  /* when to look again */
	uint32_t failures;	  /* incomplete lookups in a row */
	bool failed;		  /* the newest lookup could not find out MX */
	struct reason why;	  /* of the newest failure */
};

/* The MTA-STS half.  A policy outlives every failure until it expires. */
struct sts_branch {
	int64_t checked;	 /* when it was looked up, with any outcome */
	char id[STS_ID_MAX + 1]; /* of the policy, "" without one */
	int64_t fetched;   /* when the policy was fetched, 0 without one */
	int64_t due;	   /* when to look at the TXT again */
	uint32_t failures; /* in a row */
	bool failed;	   /* the newest lookup did not find out */
	struct reason why; /* of the newest failure; else a remark */
	struct sts_policy policy; /* valid while fetched is not 0; borrowed */
};

struct record {
	int64_t used;  /* last asked for, to about an hour */
	uint32_t uses; /* hours in which it was asked for */
	struct dane_branch dane;
	struct sts_branch sts;
};

/* Version of the bytes.  Raise it whenever the layout changes; a record of the
 * version before is still read (a policy that was answered outlives an
 * upgrade), of any other it is a miss. */
#define RECORD_VERSION 2
#define RECORD_MAX                                                             \
	(STS_TEXT_MAX + DOMAIN_KEY_MAX + 3 * REASON_MAX + STS_ID_MAX + 256)

/* An empty record: nothing known, everything due. */
void record_init(struct record *r);

/* To bytes: magic, version, length, checksum, the key itself, content.  Returns
 * the length, at most RECORD_MAX. */
size_t record_format(
    const struct record *r, const char *key, uint8_t buf[static RECORD_MAX]);

/* From bytes.  policy.text points into data.  false: torn, scribbled, another
 * version, another key, or content that no record_format() writes; r is then
 * an empty record: a damaged record is a miss, never a policy. */
bool record_parse(struct record *r, const char *key, const void *data,
    size_t len) __attribute__((warn_unused_result));

/* How the bytes of a record begin. */
#define RECORD_MARK "MXPR"

/* Its length and key, from bytes that begin with RECORD_MARK; left: how many
 * there are.  false: they cannot be a record; record_parse() says whether they
 * are one. */
bool record_peek(const void *data, size_t left, size_t *len,
    char key[static DOMAIN_KEY_MAX + 1]) __attribute__((warn_unused_result));

#endif
