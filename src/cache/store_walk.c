/* store_walk: all records of the cache, and its size.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tdb.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/store_inside.h"
#include "count/guard.h"

#define STORE_PART 1024 /* chains that are read under one lock */
#define CHECK_WAIT_MS 10000

struct walk {
	store_visit *visit;
	void *arg;
	bool stopped;
};

/* Of the two records that a key can have, the newer one counts. */
static bool is_newest(
    struct tdb_context *tdb, const char *key, int place, uint64_t serial)
{
	char text[SEAL_KEY_MAX + 1];
	TDB_DATA name = {.dptr = (unsigned char *)text}, other;
	uint64_t its = 0;

	name.dsize = seal_key(key, 1 - place, text);
	if (!tdb_exists(tdb, name))
		return true;
	other = tdb_fetch(tdb, name);
	if (other.dptr != NULL)
		(void)seal_open(other.dptr, other.dsize, &its);
	free(other.dptr);
	return serial > its || (serial == its && place == 0);
}

static int walk_one(
    struct tdb_context *tdb, TDB_DATA key, TDB_DATA data, void *arg)
{
	struct walk *w = arg;
	char text[DOMAIN_KEY_MAX + 1];
	uint64_t serial;
	uint8_t *copy;
	size_t len;
	int place;

	if (!seal_key_open(key.dptr, key.dsize, text, &place))
		return 0;
	/* key and data are where the file is mapped: looking for the other
	 * record may map it somewhere else, if it has grown. */
	copy = xmalloc(data.dsize + 1);
	memcpy(copy, data.dptr, data.dsize);
	len = seal_open(copy, data.dsize, &serial);
	if (is_newest(tdb, text, place, serial))
		w->stopped = !w->visit(text, copy, len, w->arg);
	free(copy);
	return w->stopped ? -1 : 0;
}

/* Keep writers out.  Who may not write cannot mend, and reads what is there. */
static enum store_result take_to_walk(struct store *s)
{
	int64_t deadline = clock_ms() + STORE_WAIT_MS;

	if (s->tdb == NULL)
		return STORE_BROKEN;
	if (s->writable)
		return store_take(s, deadline);
	if (s->page == NULL ||
	    page_lock_shared(s->page, PAGE_WRITER, deadline) != PAGE_BUSY)
		return STORE_OK;
	reason_fail(&s->trouble, CAUSE_DEADLINE,
	    "cache %s: another process holds its lock", s->path);
	return STORE_BUSY;
}

static void leave_walk(struct store *s)
{
	if (s->writable)
		store_leave(s);
	else if (s->page != NULL)
		page_unlock(s->page, PAGE_WRITER);
}

static bool walk_chains(
    struct store *s, struct store_part *part, uint32_t n, struct walk *w)
{
	bool good = true;

	guard_enter();
	for (uint32_t end = part->at + n;
	     good && !w->stopped && part->at < end && part->at < part->of;
	     part->at++)
		good = tdb_traverse_chain(s->tdb, part->at, walk_one, w) >= 0 ||
		       w->stopped || tdb_error(s->tdb) != TDB_ERR_CORRUPT;
	if (!guard_leave())
		return good;
	store_close_tdb(s);
	return false;
}

uint32_t store_chains(const struct store *s)
{
	return s->tdb != NULL ? (uint32_t)tdb_hash_size(s->tdb) : 0;
}

enum store_result store_walk_part(
    struct store *s, struct store_part *part, store_visit *visit, void *arg)
{
	return store_walk_some(s, part, STORE_PART, visit, arg);
}

enum store_result store_walk_some(struct store *s, struct store_part *part,
    uint32_t n, store_visit *visit, void *arg)
{
	struct walk w = {.visit = visit, .arg = arg};
	enum store_result result = take_to_walk(s);
	bool good;

	if (result != STORE_OK)
		return result;
	part->of = (uint32_t)tdb_hash_size(s->tdb);
	good = walk_chains(s, part, n, &w);
	if (!good && s->writable)
		page_set(&s->page->cells->suspect, 1);
	leave_walk(s);
	if (!good)
		return store_cannot(s, "read all records", EIO);
	return w.stopped || part->at >= part->of ? STORE_MISS : STORE_FOUND;
}

enum store_result store_walk(struct store *s, store_visit *visit, void *arg)
{
	struct store_part part = {0};
	enum store_result result;

	do {
		result = store_walk_part(s, &part, visit, arg);
	} while (result == STORE_FOUND);
	return result == STORE_MISS ? STORE_OK : result;
}

bool store_is_sound(struct store *s)
{
	bool sound;

	if (s->tdb == NULL)
		return false;
	guard_enter();
	sound = tdb_check(s->tdb, NULL, NULL) == 0;
	if (guard_leave())
		return false;
	if (sound || s->page == NULL ||
	    page_lock_shared(
		s->page, PAGE_WRITER, clock_ms() + CHECK_WAIT_MS) != PAGE_MINE)
		return sound;
	/* Somebody may have changed it meanwhile. */
	guard_enter();
	sound = tdb_check(s->tdb, NULL, NULL) == 0;
	sound = !guard_leave() && sound;
	page_unlock(s->page, PAGE_WRITER);
	return sound;
}

bool store_size(const struct store *s, uint64_t *file, uint64_t *index)
{
	struct stat st;

	if (s->tdb == NULL || fstat(tdb_fd(s->tdb), &st) != 0)
		return false;
	*file = (uint64_t)st.st_size;
	/* A head of 168 bytes; the list of free room is one more chain. */
	*index = 168 + ((uint64_t)tdb_hash_size(s->tdb) + 1) * 4;
	return true;
}
