/* progress: a bar on standard error while something takes its time.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_PROGRESS_H
#define MXPOLICY_TERM_PROGRESS_H

#include <stddef.h>

/* A bar on standard error while that is a terminal, nothing else: drawn anew
 * at most some ten times a second.  total 0: not known, a count is shown. */
struct progress;
struct progress *progress_open(size_t total);
void progress_set(struct progress *p, size_t done);
/* Removes the bar; NULL is fine. */
void progress_close(struct progress *p);

#endif
