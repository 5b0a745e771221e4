/* progress: a bar on standard error while something takes its time.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_PROGRESS_H
#define MXPOLICY_TERM_PROGRESS_H

#include <stddef.h>

/* A bar on standard error if that is a terminal, else NULL.  It appears after a
 * moment and is redrawn at most ten times a second.  total 0: unknown, only a
 * count is shown. */
struct progress;
struct progress *progress_open(size_t total);
void progress_set(struct progress *p, size_t done);
/* Remove the bar.  NULL is allowed here and above. */
void progress_close(struct progress *p);

#endif
