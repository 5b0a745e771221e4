/* nameserver: what each name server of this machine can do.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_NAMESERVER_H
#define MXPOLICY_VERB_CHECK_NAMESERVER_H

#include "verb/check/setup.h"

/* Items of the group "lookup": one for each server of /etc/resolv.conf, and
 * each without TLS of the setting `resolver`, that is as it should be, or one
 * for each of its faults. */
void check_nameservers(struct setup *c);

#endif
