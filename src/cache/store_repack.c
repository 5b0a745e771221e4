/* store_repack: give room that dropped records left back.
 * SPDX-License-Identifier: MIT
 *
 * All records are copied to a new file, a part at a time while writers wait,
 * and that is put on the disk while they do not.  What was changed meanwhile is
 * in the journal, and follows under the lock, before the new file takes the
 * place of the old one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <tdb.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/repair.h"
#include "cache/store_inside.h"
#include "count/guard.h"

struct repack {
	struct tdb_context *to;
	char name[PATH_MAX];
	uint64_t upto; /* all changes up to this are on the disk */
	bool failed;
};

static bool copy_entry(const struct journal_entry *e, void *arg)
{
	struct repack *r = arg;

	r->failed |= tdbfile_change(r->to, NULL, e, r->upto) != TDBFILE_DONE;
	return !r->failed;
}

/* Whatever its serial is, it is newer than nothing that follows. */
static bool copy_record(
    const char *key, const void *data, size_t len, void *arg)
{
	struct repack *r = arg;
	struct journal_entry e = {
	    .kind = JOURNAL_PUT, .serial = r->upto, .record = data, .len = len};
	struct record parsed;

	if (!record_parse(&parsed, key, data, len))
		return true;
	snprintf(e.key, sizeof e.key, "%s", key);
	return copy_entry(&e, r);
}

static bool copy_change(const struct journal_entry *e, void *arg)
{
	struct repack *r = arg;

	return e->serial <= r->upto || copy_entry(e, r);
}

static bool copy_all(struct store *s, struct repack *r)
{
	return store_walk(s, copy_record, r) == STORE_OK && !r->failed &&
	       fsync(tdb_fd(r->to)) == 0;
}

/* Under the lock. */
static bool copy_rest(struct store *s, struct repack *r)
{
	uint64_t end;
	bool ok;

	guard_enter();
	ok = journal_play(s->path, JOURNAL_OLD_SUFFIX, copy_change, r, &end) &&
	     journal_play(s->path, JOURNAL_SUFFIX, copy_change, r, &end);
	return !guard_leave() && ok;
}

static bool put_in_place(struct store *s, struct repack *r)
{
	struct page_cells *cells = s->page->cells;

	/* Twice in a process tdb opens no file. */
	tdb_close(r->to);
	r->to = NULL;
	/* Who finds the new file in place and this process dead looks at it. */
	page_set(&cells->suspect, 1);
	if (rename(r->name, s->path) != 0)
		return false;
	page_set(&cells->names, 1);
	page_set(&cells->generation, page_get(&cells->generation) + 1);
	store_open_tdb(s);
	if (s->tdb == NULL)
		return false;
	page_set(&cells->suspect, 0);
	return true;
}

static enum store_result repack(struct store *s, struct repack *r)
{
	const struct page_cells *cells = s->page->cells;
	uint64_t generation = page_get(&cells->generation);
	enum store_result result;

	store_sync(s);
	r->upto = page_get(&cells->synced);
	if (!copy_all(s, r))
		return store_cannot(s, "copy it", errno);
	result = store_take(s, clock_ms() + STORE_WAIT_MS);
	if (result != STORE_OK)
		return result;
	/* Who mended it meanwhile has begun the journal anew. */
	if (generation != page_get(&cells->generation))
		result = STORE_BUSY;
	else if (!copy_rest(s, r) || !put_in_place(s, r))
		result = store_cannot(s, "repack it", errno);
	store_leave(s);
	return result;
}

enum store_result store_repack(struct store *s)
{
	struct repack r = {.to = NULL};
	enum store_result result;

	if (!store_is_writable(s))
		return STORE_BROKEN;
	if (snprintf(r.name, sizeof r.name, "%s.pack", s->path) >=
	    (int)sizeof r.name)
		return store_cannot(s, "repack it", ENAMETOOLONG);
	/* The journal stays as it is meanwhile. */
	if (page_lock(s->page, PAGE_CHECKPOINT, clock_ms() + STORE_WAIT_MS) !=
	    PAGE_MINE)
		return STORE_BUSY;
	unlink(r.name);
	r.to = tdbfile_open(r.name, s->max_entries, O_RDWR | O_CREAT | O_EXCL);
	result = r.to != NULL ? repack(s, &r)
			      : store_cannot(s, "make a new file", errno);
	if (r.to != NULL)
		tdb_close(r.to);
	unlink(r.name);
	page_unlock(s->page, PAGE_CHECKPOINT);
	return result == STORE_OK ? store_checkpoint(s) : result;
}
