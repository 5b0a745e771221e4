/* convert: U-labels to A-labels, by asking `resolve`; services to ports.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_CONVERT_H
#define MXPOLICY_SERVE_CONVERT_H

#include <stdbool.h>
#include <stdint.h>
#include "policy/domain.h"
#include "policy/reason.h"

/* Put the A-labels of d's name in place of its U-labels.  Such keys are rare:
 * each conversion is a process of its own, so that nothing else has to know of
 * it.  args as for worker_open(); waits until deadline_ms at most.
 * false: could not be found out, why is set.  A name that is none becomes
 * DOMAIN_REFUSED and is true. */
bool convert_name(struct domain *d, char *const *args, int64_t deadline_ms,
    struct reason *why) __attribute__((warn_unused_result));

/* The same where d has U-labels, and the number of a port that was named (a
 * service that nobody knows: DOMAIN_REFUSED).  What domain_parse() made can
 * then be looked up, or is refused. */
bool convert_domain(struct domain *d, char *const *args, int64_t deadline_ms,
    struct reason *why) __attribute__((warn_unused_result));

#endif
