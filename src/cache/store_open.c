/* store_open: opening the cache, and its lock.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tdb.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/repair.h"
#include "cache/store_inside.h"

/* ---- opening ---- */

static const char *words_of(int err)
{
	return err == ENOTSUP || err == ELOOP ? "it is no file" : strerror(err);
}

enum store_result store_cannot(struct store *s, const char *what, int err)
{
	reason_fail_errno(
	    &s->trouble, CAUSE_FILE, err, "cache %s: cannot %s", s->path, what);
	return STORE_BROKEN;
}

void store_close_tdb(struct store *s)
{
	if (s->tdb != NULL)
		tdb_close(s->tdb);
	s->tdb = NULL;
}

void store_open_tdb(struct store *s)
{
	struct stat st;
	int err;

	store_close_tdb(s);
	if (s->page != NULL)
		s->generation = page_get(&s->page->cells->generation);
	s->tdb = tdbfile_open(
	    s->path, s->max_entries, s->writable ? O_RDWR : O_RDONLY);
	err = errno;
	if (s->tdb != NULL && fstat(tdb_fd(s->tdb), &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
	errno = err;
}

static void say_broken(struct store *s, int err)
{
	bool damaged = s->reader && err != ENOENT && repair_might_help(err);

	reason_set(&s->trouble, "cache %s cannot be %s: %s", s->path,
	    s->tdb != NULL ? "written" : "opened",
	    damaged ? "it is damaged" : words_of(err));
}

static void open_files(struct store *s)
{
	int err = 0;

	reason_clear(&s->trouble);
	s->page = page_open(s->path, !s->reader);
	if (s->page == NULL && !s->reader) {
		err = errno;
		s->page = page_open(s->path, false);
	}
	s->writable = s->page != NULL && s->page->writable;
	s->settled = s->page != NULL && page_is_of_this_boot(s->page);
	store_open_tdb(s);
	if (s->tdb == NULL && s->writable && repair_might_help(errno)) {
		if (store_take(s, clock_ms() + STORE_WAIT_MS) == STORE_OK)
			store_leave(s);
		return;
	}
	if (s->tdb == NULL || err == 0)
		err = errno;
	if (s->tdb == NULL && s->writable) {
		s->writable = false;
		store_open_tdb(s);
	}
	if (s->tdb == NULL || (!s->writable && !s->reader))
		say_broken(s, err);
}

static void close_files(struct store *s)
{
	store_close_tdb(s);
	if (s->journal >= 0)
		close(s->journal);
	s->journal = -1;
	page_close(s->page);
	s->page = NULL;
	s->writable = false;
	s->held = 0;
}

static struct store *open_as(
    const char *path, uint32_t max_entries, bool reader)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->path = xstrdup(path);
	s->max_entries = max_entries;
	s->reader = reader;
	s->journal = -1;
	if (path[0] == '\0')
		reason_set(&s->trouble, "no cache is configured");
	else
		open_files(s);
	return s;
}

struct store *store_open(const char *path, uint32_t max_entries)
{
	return open_as(path, max_entries, false);
}

struct store *store_open_read(const char *path, uint32_t max_entries)
{
	return open_as(path, max_entries, true);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_cancel(s);
	store_sync(s);
	close_files(s);
	free(s->batch);
	free(s->path);
	free(s);
}

const struct reason *store_trouble(const struct store *s)
{
	return &s->trouble;
}

bool store_is_writable(const struct store *s)
{
	return s->tdb != NULL && s->writable;
}

struct page *store_page(const struct store *s)
{
	return s->writable ? s->page : NULL;
}

static bool was_replaced(const struct store *s)
{
	struct stat st;

	return lstat(s->path, &st) != 0 || st.st_dev != s->dev ||
	       st.st_ino != s->ino ||
	       (s->page != NULL && (!page_is_whole(s->page) ||
				       page_was_replaced(s->page, s->path)));
}

void store_refresh(struct store *s)
{
	if (s->path[0] == '\0' || s->held > 0)
		return;
	if (s->tdb != NULL && (s->writable || s->reader) && !was_replaced(s))
		return;
	close_files(s);
	open_files(s);
}

/* ---- the lock ---- */

enum store_result store_take(struct store *s, int64_t deadline_ms)
{
	enum store_result result;

	if (!s->writable)
		return STORE_BROKEN;
	if (s->held > 0) {
		result = store_settle(s);
		s->held += result == STORE_OK;
		return result;
	}
	if (!page_is_whole(s->page))
		return store_cannot(s, "use its lock file", EIO);
	switch (page_lock(s->page, PAGE_WRITER, deadline_ms)) {
	case PAGE_MINE:
		break;
	case PAGE_BUSY:
		reason_fail(&s->trouble, CAUSE_DEADLINE,
		    "cache %s: another process holds its lock", s->path);
		return STORE_BUSY;
	case PAGE_NEVER:
		return store_cannot(s, "lock it", errno);
	}
	s->held = 1;
	result = store_settle(s);
	if (result != STORE_OK)
		store_leave(s);
	return result;
}

void store_leave(struct store *s)
{
	if (s->held > 0 && --s->held == 0)
		page_unlock(s->page, PAGE_WRITER);
}
