/* store_sync: what goes to the disk, and when; nobody waits for it who has
 * something else to do.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/types.h>
#include <tdb.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/repair.h"
#include "cache/store_inside.h"

#define SYNC_DUE_MS 500
#define SYNC_OVERDUE_MS 1000
#define JOURNAL_LONG (16 << 20) /* bytes; prefetch empties it before that */

bool store_is_unsynced(const struct store *s)
{
	const struct page_cells *cells;

	if (!s->writable || !page_is_whole(s->page))
		return false;
	cells = s->page->cells;
	return page_get(&cells->written) != page_get(&cells->synced);
}

static bool is_ago(const struct store *s, int64_t ms)
{
	int64_t ago;

	if (!store_is_unsynced(s))
		return false;
	/* It may be of another boot. */
	ago = clock_ms() - (int64_t)page_get(&s->page->cells->sync_ms);
	return ago >= ms || ago < 0;
}

bool store_sync_is_due(const struct store *s)
{
	return is_ago(s, SYNC_DUE_MS);
}

bool store_sync_is_overdue(const struct store *s)
{
	return is_ago(s, SYNC_OVERDUE_MS);
}

static void advance(uint64_t *cell, uint64_t to)
{
	uint64_t was = page_get(cell);

	while (was < to && !__atomic_compare_exchange_n(cell, &was, to, false,
			       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		continue;
}

static void sync_names(struct store *s)
{
	uint64_t *names = &s->page->cells->names;

	if (page_get(names) == 0)
		return;
	page_set(names, 0);
	if (!repair_sync_names(s->path))
		page_set(names, 1);
}

/* The journal of now, and the one before if a checkpoint is under way. */
static bool sync_journals(struct store *s)
{
	int fd = store_journal(s);

	sync_names(s);
	return fd >= 0 && fdatasync(fd) == 0 && journal_sync_old(s->path);
}

void store_sync(struct store *s)
{
	struct page_cells *cells;
	uint64_t upto, turn;

	if (!store_is_unsynced(s))
		return;
	cells = s->page->cells;
	page_set(&cells->sync_ms, (uint64_t)clock_ms());
	do {
		turn = page_get(&cells->turn);
		upto = page_get(&cells->written);
		if (!sync_journals(s))
			return;
	} while (turn != page_get(&cells->turn));
	advance(&cells->synced, upto);
	if (page_get(&cells->end) > JOURNAL_LONG)
		(void)store_checkpoint(s);
}

/* What is in the journal until now is kept beside a new one. */
static enum store_result turn_journal(struct store *s, uint64_t *upto)
{
	enum store_result result = store_take(s, clock_ms() + STORE_WAIT_MS);
	struct page_cells *cells = s->page->cells;
	enum journal_turn turned;

	if (result != STORE_OK)
		return result;
	*upto = page_get(&cells->written);
	/* Told before, so that who dies in between leaves no process with a
	 * journal that goes; and after: who syncs opens it at any time. */
	page_set(&cells->turn, page_get(&cells->turn) + 1);
	turned = journal_turn(s->path);
	page_set(&cells->turn, page_get(&cells->turn) + 1);
	switch (turned) {
	case JOURNAL_TURNED:
		page_set(&cells->end, 0);
		page_set(&cells->names, 1);
		break;
	case JOURNAL_HAS_OLD:
		/* Somebody died before it was over: first this one. */
		break;
	case JOURNAL_FAILED:
		result = store_cannot(s, "begin a new journal", errno);
		break;
	}
	store_leave(s);
	return result;
}

static enum store_result checkpoint(struct store *s)
{
	struct page_cells *cells = s->page->cells;
	uint64_t upto, generation;
	enum store_result result = turn_journal(s, &upto);

	if (result != STORE_OK)
		return result;
	generation = s->generation;
	if (fdatasync(tdb_fd(s->tdb)) != 0)
		return store_cannot(s, "sync it", errno);
	sync_names(s);
	result = store_take(s, clock_ms() + STORE_WAIT_MS);
	if (result != STORE_OK)
		return result;
	/* Who put another file there has seen to it. */
	if (generation == page_get(&cells->generation)) {
		(void)journal_forget_old(s->path);
		advance(&cells->synced, upto);
	}
	store_leave(s);
	return STORE_OK;
}

enum store_result store_checkpoint(struct store *s)
{
	enum store_result result = STORE_OK;

	if (!store_is_writable(s))
		return STORE_BROKEN;
	if (page_lock(s->page, PAGE_CHECKPOINT, 0) != PAGE_MINE)
		return STORE_OK; /* another process is at it */
	result = checkpoint(s);
	page_unlock(s->page, PAGE_CHECKPOINT);
	return result;
}
