/* earlier: a table of the administrator that Postfix asks before mxpolicy.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_EARLIER_H
#define MXPOLICY_VERB_CHECK_EARLIER_H

#include "verb/check/setup.h"

/* The item "earlier-table": is an entry weaker than what mxpolicy would answer,
 * by its cache?  Reads the table through postmap(1). */
void check_earlier(struct setup *c, const struct instance *p,
    const struct maincf_table *table);

#endif
