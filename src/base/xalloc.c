/* xalloc: allocate memory or end the process.
 * SPDX-License-Identifier: MIT */
#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define FIRST_ROOM 16

void xfail(void)
{
	exit(EX_TEMPFAIL);
}

void *xmalloc(size_t size)
{
	void *p = malloc(size > 0 ? size : 1);

	xneed(p != NULL);
	return p;
}

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	xneed(p != NULL);
	return p;
}

void *xreallocarray(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n > 0 ? n : 1, size > 0 ? size : 1);

	xneed(p != NULL);
	return p;
}

char *xmemdup(const void *bytes, size_t len)
{
	char *copy;

	xneed(len < SIZE_MAX);
	copy = xmalloc(len + 1);
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *xstrdup(const char *text)
{
	return xmemdup(text, strlen(text));
}

char *xstrndup(const char *text, size_t len)
{
	return xmemdup(text, strnlen(text, len));
}

void *xgrow(void *items, size_t n, size_t *room, size_t size)
{
	if (items != NULL && n < *room)
		return items;
	xneed(*room <= SIZE_MAX / 2);
	*room = *room > 0 ? *room * 2 : FIRST_ROOM;
	return xreallocarray(items, *room, size);
}
