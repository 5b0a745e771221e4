/* connect: connect to the MX hosts and judge the result.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_CONNECT_H
#define MXPOLICY_VERB_VERIFY_CONNECT_H

#include "verb/verify/state.h"

/* Connect to all hosts and judge the result.  Takes at most timeout_ms for each
 * batch of 48 addresses. */
void verify_try(struct verify *v);

#endif
