/* outcome: would mail be delivered to a host, and to the domain?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_OUTCOME_H
#define MXPOLICY_VERB_VERIFY_OUTCOME_H

#include "verb/verify/state.h"

/* Would Postfix deliver mail to this host?  UNREACHED: not determined. */
enum verify_fate outcome_host(const struct verify_host *h);
/* The same for the next hop: REFUSED only if all hosts refuse it, UNREACHED if
 * one that was not reached might take it.  *good: how many hosts would accept
 * it. */
enum verify_fate outcome_count(const struct verify *v, size_t *good);
/* How many were not determined. */
size_t outcome_unknown(const struct verify *v);

/* The first word of Postfix's log line, "Verified TLS connection ..."; "" for
 * an address without TLS. */
const char *outcome_word(const struct verify *v, const struct verify_host *h,
    const struct verify_address *a);

#endif
