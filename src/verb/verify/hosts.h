/* hosts: the MX hosts, their addresses and TLSA records, and what Postfix
 * requires of each.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_HOSTS_H
#define MXPOLICY_VERB_VERIFY_HOSTS_H

#include "verb/verify/state.h"

/* Take the hosts from the last lookup, with what Postfix requires of each. */
void verify_gather(struct verify *v);
void verify_forget(struct verify *v);

#endif
