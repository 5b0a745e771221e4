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

/* Does Postfix look up SRV records for this next hop?  It does for the services
 * of use_srv_lookup (3.8), and "smtp" is the service of a next hop without
 * one; in brackets it never does.  services: that list, with blanks or commas;
 * case does not matter. */
bool convert_is_srv(const struct domain *d, const char *services);

/* Put the A-labels of d's name in place of its U-labels, and the number of a
 * port in place of its name.  Such keys are rare, so the question goes over a
 * link of its own; the last CONVERT_KEPT answers are remembered.  args as for
 * link_open(); waits until deadline_ms at most.
 * false: could not be determined, why is set.  A name that is not one, a
 * service that nobody knows, or a next hop for which Postfix looks up SRV
 * records becomes DOMAIN_REFUSED and is true: none of these has MX hosts. */
bool convert_domain(struct domain *d, const struct config *c, char *const *args,
    int64_t deadline_ms, struct reason *why)
    __attribute__((warn_unused_result));

#endif
