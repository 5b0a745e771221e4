/* spawn: a child that is `resolve`.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_SPAWN_H
#define MXPOLICY_SERVE_SPAWN_H

#include <sys/types.h>
#include "policy/reason.h"

/* Start it with `in` and `out` as its standard input and output (out -1: it
 * has /dev/null there) and the options args (NULL-terminated, or NULL).  It is
 * killed when we die.  Standard error is ours, unless that may be a client's.
 * Its pid, or -1: why says what cannot be done. */
pid_t spawn_resolve(char *const *args, int in, int out, struct reason *why);

#endif
