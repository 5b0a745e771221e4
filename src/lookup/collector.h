/* collector: the socket of the TLSRPT collector.  Owns <tlsrpt.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_COLLECTOR_H
#define MXPOLICY_LOOKUP_COLLECTOR_H

#include <stdbool.h>
#include "policy/reason.h"
#include "wire/datagram.h"

struct collector;

/* path: of a unix datagram socket, copied; it need not exist.  Opens the only
 * descriptor that is needed, so call it before the sandbox.  The path is looked
 * up for each datagram, so the collector may be started later and restarted.
 * NULL: the path is impossible, why is set. */
struct collector *collector_open(const char *path, struct reason *why);
/* NULL is allowed. */
void collector_close(struct collector *c);

/* Send without waiting: through the TLSRPT library if we were built with it,
 * otherwise as datagram_format() writes it.
 * false: nothing was sent, why is set: nobody listens, it is not a datagram
 * socket, permission is denied, or the collector does not keep up. */
bool collector_send(struct collector *c, const struct datagram *d,
    struct reason *why) __attribute__((warn_unused_result));

#endif
