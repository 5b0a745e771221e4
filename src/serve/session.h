/* session: one connection, from its first byte to its end.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_SESSION_H
#define MXPOLICY_SERVE_SESSION_H

#include "serve/answer.h"
#include "serve/stats.h"

/* Serve in and out (the same socket, or two pipes) until the client closes,
 * is idle, or breaks the framing; then wait for lookups that are still in
 * flight, so that they end up in the cache (bounded by their own limits), and
 * are on the disk.
 * Requests are answered in order, however they arrive.  The descriptors stay
 * open. */
enum stats_end session_run(int in, int out, struct answer_env *env)
    __attribute__((warn_unused_result));

#endif
