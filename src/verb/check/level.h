/* level: does default-level say what main.cf says?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_LEVEL_H
#define MXPOLICY_VERB_CHECK_LEVEL_H

#include "verb/check/setup.h"

/* An item of the group "postfix" for one instance, whose table is ours. */
void check_default_level(
    struct setup *c, const struct instance *p, const struct maincf_table *ours);

#endif
