/* tls: what main.cf says about TLS and DNS for outgoing mail.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_TLS_H
#define MXPOLICY_VERB_CHECK_TLS_H

#include "verb/check/instance.h"
#include "verb/check/report.h"

/* Items of the group "postfix" for one instance. */
void check_tls(struct check_report *r, const struct instance *p);

#endif
