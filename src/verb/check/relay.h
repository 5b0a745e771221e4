/* relay: the next hops that main.cf and its transport tables name.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_RELAY_H
#define MXPOLICY_VERB_CHECK_RELAY_H

#include "verb/check/setup.h"

/* Items of the group "postfix" for one instance, whose table is ours: what is
 * answered for relayhost, default_transport and what transport_maps lists. */
void check_relay(
    struct setup *c, const struct instance *p, const struct maincf_table *ours);

#endif
