/* domain: what a domain publishes, against what its MX hosts are.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_DOMAIN_H
#define MXPOLICY_VERB_LINT_DOMAIN_H

#include "verb/lint/report.h"
#include "verb/trace.h"

/* Look at a domain (lintdomain.c).  policy and txt, where they are not NULL,
 * are to be published: they stand for what is. */
void lint_domain(struct lint *l, struct trace *c,
    const struct lint_source *policy, const struct lint_source *txt);

#endif
