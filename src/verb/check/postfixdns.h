/* postfixdns: the name servers that Postfix asks, through the C library.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_POSTFIXDNS_H
#define MXPOLICY_VERB_CHECK_POSTFIXDNS_H

#include "verb/check/setup.h"

/* Items of the group "lookup": does the resolver validate (the AD bit), and
 * does it see the TLSA records of a domain for which mxpolicy has found
 * some? */
void check_postfix_dns(struct setup *c);

/* Lines that bring a validating resolver to this machine. */
const char *postfix_dns_fix(void);

#endif
