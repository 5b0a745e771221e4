/* redistls: TLS to a server of Redis or Valkey, where hiredis has it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SHARE_REDISTLS_H
#define MXPOLICY_SHARE_REDISTLS_H

#include <stdbool.h>
#include "policy/reason.h"

struct redisAsyncContext;

/* Can this build do so?  false: why says what is missing. */
bool redistls_is_possible(struct reason *why)
    __attribute__((warn_unused_result));

/* Begin TLS on a new connection.  The server's certificate must be signed by
 * the file ca ("": by the system's store); hiredis does not compare its name.
 * cert: a file with our own certificate and its key, or "".  name: of the
 * server, for SNI.  false: why. */
bool redistls_begin(struct redisAsyncContext *context, const char *ca,
    const char *cert, const char *name, struct reason *why)
    __attribute__((warn_unused_result));

#endif
