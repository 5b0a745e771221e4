/* collector: the socket of the TLSRPT collector.  Owns <tlsrpt.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_COLLECTOR_H
#define MXPOLICY_LOOKUP_COLLECTOR_H

#include <stdbool.h>
#include "policy/reason.h"
#include "wire/datagram.h"

struct collector;

/* path: of a unix datagram socket, copied; nobody has to be there.  The one
 * descriptor that it takes is made here, so that it can be called before the
 * sandbox is closed; the path is looked up for each datagram, so that a
 * collector may come later and may be restarted.
 * NULL: there can be no such socket, why says so. */
struct collector *collector_open(const char *path, struct reason *why);
/* NULL is fine. */
void collector_close(struct collector *c);

/* Send, without waiting: through the TLSRPT library where we were built with
 * it, else as datagram_format() writes it.
 * false: nothing was sent, and why says so: nobody listens there, it is no
 * datagram socket, the user may not write to it, or the collector does not
 * keep up. */
bool collector_send(struct collector *c, const struct datagram *d,
    struct reason *why) __attribute__((warn_unused_result));

#endif
