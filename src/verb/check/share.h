/* share: the cache that machines share, as this one sees it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SHARE_H
#define MXPOLICY_VERB_CHECK_SHARE_H

#include "verb/check/setup.h"

/* Nothing where shared-cache is not set. */
void check_share(struct setup *c);

#endif
