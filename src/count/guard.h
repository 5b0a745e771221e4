/* guard: mapped files that may be cut short under us.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_COUNT_GUARD_H
#define MXPOLICY_COUNT_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Map size bytes of a file, shared; writable or for reading only.  Where a
 * page of it cannot be had any more (the file was truncated, its disk fails or
 * is full), the whole mapping becomes zeroed private memory instead of ending
 * the process with SIGBUS; guard_broke() then says so.  GUARD_MAX of them at a
 * time.  NULL with errno set. */
#define GUARD_MAX 8
void *guard_map(int fd, size_t size, bool writable);
bool guard_broke(const void *at);
/* NULL is fine. */
void guard_unmap(void *at);

/* The same for what a library maps: between the two calls a page that cannot be
 * had becomes zeroed private memory.  guard_leave() is true if one did: then
 * nothing that was read is true, what was written is lost, and the mapping has
 * to go.  Pairs do not nest. */
void guard_enter(void);
bool guard_leave(void) __attribute__((warn_unused_result));

#endif
