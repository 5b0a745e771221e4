/* connect: connect to the MX hosts, and judge what they show.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_CONNECT_H
#define MXPOLICY_VERB_VERIFY_CONNECT_H

#include "verb/verify/state.h"

/* Connect to them all and judge what they show.  Takes at most timeout_ms for
 * each group of some dozens. */
void verify_try(struct verify *v);

#endif
