/* postfix: which policy tables each instance of Postfix asks.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_POSTFIX_H
#define MXPOLICY_VERB_CHECK_POSTFIX_H

#include "verb/check/setup.h"

/* Is it the port of mxpolicy, or of a server that it replaces? */
bool postfix_is_our_port(const char *port);

/* The group "postfix", once for each instance; the endpoints have been
 * asked. */
void check_postfix(struct setup *c);

#endif
