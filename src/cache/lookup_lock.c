/* lookup_lock: one lookup at a time for a key, over all processes.
 * SPDX-License-Identifier: MIT */
#include "cache/lookup_lock.h"

#include <string.h>
#include "base/siphash.h"
#include "cache/page.h"

/* Two keys that share an offset wait for each other once in a lifetime, which
 * does no harm. */
static int64_t offset_of(const struct page *page, const char *key)
{
	uint64_t secret[2] = {
	    page_get(&page->cells->key[0]), page_get(&page->cells->key[1])};

	return PAGE_KEYS + (int64_t)(siphash(secret, key, strlen(key)) >> 2);
}

enum lookup_lock_result lookup_lock_take(struct page *page, const char *key)
{
	if (page == NULL)
		return LOOKUP_LOCK_MINE;
	switch (page_lock(page, offset_of(page, key), 0)) {
	case PAGE_BUSY:
		return LOOKUP_LOCK_BUSY;
	case PAGE_MINE:
	case PAGE_NEVER:
		/* ENOLCK and the like: better two lookups than none. */
		break;
	}
	return LOOKUP_LOCK_MINE;
}

void lookup_lock_leave(struct page *page, const char *key)
{
	if (page != NULL)
		page_unlock(page, offset_of(page, key));
}
