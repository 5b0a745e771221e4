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

/* Commands by which mxpolicy-unix.socket serves this instance, with a socket
 * that smtp(8) reaches with and without its chroot, and its main.cf asks there
 * in place of this table; the other tables stay.  Without the part for main.cf
 * where it is not clear what would be left, "" where there is nothing to
 * paste. */
void master_fix_unix(const struct instance *p, const struct maincf_table *t,
    char fix[static CHECK_FIX_MAX]);

#endif
