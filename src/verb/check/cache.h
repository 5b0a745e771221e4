/* cache: the cache, as the user that serves needs it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_CACHE_H
#define MXPOLICY_VERB_CHECK_CACHE_H

#include "verb/check/setup.h"

/* The group "cache". */
void check_cache(struct setup *c);

#endif
