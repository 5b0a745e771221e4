/* xalloc: allocate memory or end the process. SPDX-License-Identifier: MIT
 *
 * A process that serves one connection has nothing to save when it is out of
 * memory: it exits with EX_TEMPFAIL, Postfix reconnects once and then
 * defers. */
#ifndef MXPOLICY_BASE_XALLOC_H
#define MXPOLICY_BASE_XALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* As malloc(3), calloc(3), reallocarray(3), strdup(3) and strndup(3), never
 * NULL.  The caller frees the result. */
void *xmalloc(size_t size)
    __attribute__((malloc, warn_unused_result, returns_nonnull));
void *xcalloc(size_t n, size_t size)
    __attribute__((malloc, warn_unused_result, returns_nonnull));
void *xreallocarray(void *old, size_t n, size_t size)
    __attribute__((warn_unused_result, returns_nonnull));
char *xstrdup(const char *text)
    __attribute__((malloc, warn_unused_result, returns_nonnull));
char *xstrndup(const char *text, size_t len)
    __attribute__((malloc, warn_unused_result, returns_nonnull));

/* A copy of len bytes and a NUL after them. */
char *xmemdup(const void *bytes, size_t len)
    __attribute__((malloc, warn_unused_result, returns_nonnull));

/* Room for one more item of `size` bytes in an array that holds n and has room
 * for *room of them (NULL, 0 at first): the array, which may have moved
 * to grow. */
void *xgrow(void *items, size_t n, size_t *room, size_t size)
    __attribute__((warn_unused_result, returns_nonnull));

/* Ends the process. */
void xfail(void) __attribute__((noreturn));

/* For what a library allocates: end the process unless good. */
static inline void xneed(bool good)
{
	if (!good)
		xfail();
}

#endif
