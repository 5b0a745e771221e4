/* drop_to_owner: keep root from leaving files that the service cannot open.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_DROP_TO_OWNER_H
#define MXPOLICY_VERB_DROP_TO_OWNER_H

#include <stdbool.h>

/* As root: become, permanently, the user whose directory the cache is in, or
 * else who owns the cache.  Does nothing as another user, or where root is the
 * owner.  For whoever makes or changes a file there, before anything is opened:
 * the owner may have put links in the place of files.  false: it cannot be done
 * (errno). */
bool drop_to_owner(const char *cache) __attribute__((warn_unused_result));

#endif
