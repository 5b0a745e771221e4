/* store_get: reading the cache.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include "cache/store_inside.h"
#include "count/guard.h"

#define GET_SPINS 20 /* a change takes microseconds */

/* Did nobody change a place of this key since the page was as it was then? */
static bool was_quiet(
    const struct store *s, const char *key, uint64_t changes, uint64_t where)
{
	if (page_get(&s->page->cells->changes) != changes)
		return false;
	return changes % 2 == 0 || !tdbfile_is_at(s->tdb, key, where);
}

/* A file that is cut under us is torn, and has to be opened again. */
static enum tdbfile_look guarded_look(
    struct store *s, const char *key, struct record *r, uint8_t *buf)
{
	struct tdbfile_found found;
	enum tdbfile_look look;

	guard_enter();
	look = tdbfile_look(s->tdb, key, r, buf, &found);
	if (!guard_leave() &&
	    (look == TDBFILE_FOUND || !tdbfile_was_cut(s->tdb)))
		return look;
	store_close_tdb(s);
	return TDBFILE_TORN;
}

static enum store_result result_of(enum tdbfile_look look, struct record *r)
{
	switch (look) {
	case TDBFILE_FOUND:
	case TDBFILE_OLDER:
		return STORE_FOUND;
	case TDBFILE_ABSENT:
		return STORE_MISS;
	case TDBFILE_TORN:
		break;
	}
	record_init(r);
	return STORE_BROKEN;
}

/* With the lock: after whatever was in the way has been mended. */
static enum store_result get_locked(struct store *s, const char *key,
    struct record *r, uint8_t *buf, int64_t deadline_ms)
{
	enum store_result result = store_take(s, deadline_ms);

	record_init(r);
	if (result != STORE_OK)
		return result;
	result = result_of(guarded_look(s, key, r, buf), r);
	if (result == STORE_BROKEN)
		store_cannot(s, "read it", EIO);
	store_leave(s);
	return result;
}

/* Who may not write has to take the file as it is. */
static enum store_result get_unlocked(
    struct store *s, const char *key, struct record *r, uint8_t *buf)
{
	enum tdbfile_look look = guarded_look(s, key, r, buf);

	return result_of(look == TDBFILE_TORN ? TDBFILE_ABSENT : look, r);
}

/* Another file is in its place; or nobody has looked at it in this boot. */
static enum store_result catch_up(struct store *s, int64_t deadline_ms)
{
	enum store_result result = STORE_OK;

	if (!s->settled) {
		result = store_take(s, deadline_ms);
		if (result == STORE_OK)
			store_leave(s);
		s->settled = result == STORE_OK;
	}
	if (page_get(&s->page->cells->generation) != s->generation)
		store_open_tdb(s);
	if (s->tdb == NULL && result == STORE_OK)
		result = store_cannot(s, "open it", errno);
	return result;
}

enum store_result store_get(struct store *s, const char *key, struct record *r,
    uint8_t buf[static RECORD_MAX], int64_t deadline_ms)
{
	struct page_cells *cells;

	record_init(r);
	if (s->tdb == NULL)
		return STORE_BROKEN;
	if (!s->writable)
		return get_unlocked(s, key, r, buf);
	cells = s->page->cells;
	if (!page_is_whole(s->page))
		return store_cannot(s, "use its lock file", EIO);
	if (!s->settled || page_get(&cells->generation) != s->generation) {
		enum store_result result = catch_up(s, deadline_ms);

		if (result != STORE_OK)
			return result;
	}
	for (int i = 0; s->tdb != NULL && i < GET_SPINS; i++) {
		uint64_t changes = page_get(&cells->changes);
		uint64_t where = page_get(&cells->where);
		enum tdbfile_look look = guarded_look(s, key, r, buf);

		if (s->tdb != NULL && !was_quiet(s, key, changes, where))
			continue;
		if (look != TDBFILE_TORN)
			return result_of(look, r);
		page_set(&cells->suspect, 1);
		break;
	}
	return get_locked(s, key, r, buf, deadline_ms);
}
