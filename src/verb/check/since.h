/* since: what depends on the version of Postfix.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_SINCE_H
#define MXPOLICY_VERB_CHECK_SINCE_H

#include "serve/config.h"
#include "verb/check/instance.h"
#include "verb/check/report.h"

/* Further items of the group "postfix" for one instance. */
void check_since(struct check_report *r, const struct instance *p,
    const struct config *config);

#endif
