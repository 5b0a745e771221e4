/* domain: what a domain publishes, compared with its MX hosts.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_DOMAIN_H
#define MXPOLICY_VERB_LINT_DOMAIN_H

#include "verb/lint/report.h"
#include "verb/trace.h"

/* Check a domain, of which c is the lookup.  policy and txt, unless NULL, are
 * about to be published: they are checked instead of the published ones. */
void lint_domain(struct lint *l, struct trace *c,
    const struct lint_source *policy, const struct lint_source *txt);

#endif
