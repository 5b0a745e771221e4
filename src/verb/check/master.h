/* master: what master.cf means for the sockets: chroot, limits, and settings of
 * single services.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_MASTER_H
#define MXPOLICY_VERB_CHECK_MASTER_H

#include "verb/check/instance.h"
#include "verb/check/report.h"

/* Items of the group "postfix" for one instance.  connections: how many the
 * socket takes at once, 0 where that is not known. */
void check_master(
    struct check_report *r, const struct instance *p, long connections);

#endif
