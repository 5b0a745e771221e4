/* drop_to_owner: root does not leave files behind that the service cannot open.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_DROP_TO_OWNER_H
#define MXPOLICY_VERB_DROP_TO_OWNER_H

#include <stdbool.h>

/* As root: become the user whom the cache belongs to, or, where there is none
 * yet, its directory; for good.  Nothing is done by anybody else, and where
 * root itself is the owner.
 * false: it cannot be done (errno). */
bool drop_to_owner(const char *cache) __attribute__((warn_unused_result));

#endif
