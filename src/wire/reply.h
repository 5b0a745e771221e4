/* reply: the text that Postfix gets (the grammar is
 * smtp_tls_policy.c, tls_policy_lookup_one()).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_REPLY_H
#define MXPOLICY_WIRE_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"
#include "policy/sts.h"
#include "policy/verdict.h"

#define REPLY_MAX 100000 /* Postfix: socketmap_max_reply_size, inclusive */

/* A verdict and what its reply is made from. */
struct reply {
	enum verdict verdict;		 /* not VERDICT_PENDING */
	const struct sts_policy *policy; /* VERDICT_SECURE */
	const char *policy_domain;	 /* A-label; with tlsrpt */
	bool tlsrpt;	 /* add the attributes of Postfix 3.10 and newer */
	bool servername; /* add servername=hostname (Postfix 3.4 and newer) */
	const struct reason *why; /* VERDICT_TEMP */
};

/* Write the payload (no framing, no NUL).  Never longer than REPLY_MAX: first
 * all policy_string attributes except the first that fits are left out; if the
 * patterns alone are too many, all attributes of TLSRPT, as for an older
 * Postfix; if even match= is too long (which takes a policy of more than the 64
 * KiB that are fetched), the reply is TEMP with that reason.
 * Duplicate mx lines are written once in match and mx_host_pattern.  A policy
 * without mx or with text that is not canonical is TEMP, never an empty match=.
 * Returns the length, at least 1. */
size_t reply_format(const struct reply *r, char buf[static REPLY_MAX]);

/* "PERM <why>", for a malformed request. */
size_t reply_format_perm(const char *why, char buf[static REPLY_MAX]);

#endif
