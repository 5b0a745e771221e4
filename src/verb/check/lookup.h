/* lookup: name servers, trust anchor, clock, CA store.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_LOOKUP_H
#define MXPOLICY_VERB_CHECK_LOOKUP_H

#include "verb/check/setup.h"

/* The group "lookup". */
void check_lookup(struct setup *c);

#endif
