/* convert: U-labels to A-labels, by asking `resolve`; services to ports.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_CONVERT_H
#define MXPOLICY_SERVE_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/domain.h"
#include "policy/reason.h"
#include "serve/config.h"

#define CONVERT_KEPT 64 /* names that a process remembers */

/* Put the A-labels of d's name in place of its U-labels, and the number of a
 * port in place of its name.  Such keys are rare, so the question goes over a
 * link of its own; the last CONVERT_KEPT answers are remembered.  args as for
 * link_open(); waits until deadline_ms at most.
 * false: could not be determined, why is set.  A name that is not one, or a
 * service that nobody knows, becomes DOMAIN_REFUSED and is true. */
bool convert_domain(struct domain *d, const struct config *c, char *const *args,
    int64_t deadline_ms, struct reason *why)
    __attribute__((warn_unused_result));

#endif
