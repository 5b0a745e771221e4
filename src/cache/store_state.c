/* store_state: a file that somebody who died, or the machine, left behind.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sys/stat.h>
#include <tdb.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/repair.h"
#include "cache/store_inside.h"
#include "count/guard.h"

#define MEND_AGAIN_MS 5000 /* after one that failed */
/* What a loss of power took may lie in free room still, whole, and come to
 * light when the file is damaged once more.  It must not pass for newer than
 * what was put since: each boot goes on far above all that was ever written. */
#define SERIAL_BOOT (UINT64_C(1) << 40)

struct check {
	uint64_t serial; /* of the newest record */
	bool records;	 /* each has to be whole */
};

static int check_one(TDB_DATA key, TDB_DATA data, void *arg)
{
	struct check *c = arg;
	char text[DOMAIN_KEY_MAX + 1];
	struct record r;
	uint64_t serial;
	size_t len;
	int place;

	if (!seal_key_open(key.dptr, key.dsize, text, &place))
		return 0;
	len = seal_open(data.dptr, data.dsize, &serial);
	if (serial > c->serial)
		c->serial = serial;
	return c->records && !record_parse(&r, text, data.dptr, len) ? -1 : 0;
}

static bool is_sound(struct store *s, struct check *c)
{
	bool sound;

	guard_enter();
	sound = tdb_check(s->tdb, check_one, c) == 0;
	if (!guard_leave())
		return sound;
	store_close_tdb(s);
	return false;
}

/* ---- playing back ---- */

struct playing {
	struct store *store;
	uint64_t serial, synced;
	enum tdbfile_change result;
};

static bool play_one(const struct journal_entry *e, void *arg)
{
	struct playing *p = arg;

	if (e->serial > p->serial)
		p->serial = e->serial;
	p->result =
	    tdbfile_change(p->store->tdb, p->store->page->cells, e, p->synced);
	return p->result == TDBFILE_DONE;
}

/* What the journal tells goes to the file.  *end: its length. */
static enum tdbfile_change play_back(
    struct store *s, uint64_t synced, uint64_t *serial, uint64_t *end)
{
	struct playing p = {.store = s, .synced = synced, .serial = *serial};
	bool ok;

	guard_enter();
	ok = journal_play(s->path, JOURNAL_OLD_SUFFIX, play_one, &p, end) &&
	     journal_play(s->path, JOURNAL_SUFFIX, play_one, &p, end);
	if (guard_leave()) {
		store_close_tdb(s);
		return TDBFILE_DAMAGED;
	}
	*serial = p.serial;
	return ok || p.result != TDBFILE_DONE ? p.result : TDBFILE_FULL;
}

/* ---- mending ---- */

/* All that the journal tells is in the file, and on the disk. */
static void empty_journal(struct store *s)
{
	int fd = store_journal(s);

	if (fd >= 0)
		(void)!ftruncate(fd, 0);
	(void)journal_forget_old(s->path);
	page_set(&s->page->cells->end, 0);
}

static bool rescue(struct store *s, uint64_t *serial)
{
	if (!repair_rescue(s->tdb, s->path, s->max_entries, &s->saved, serial))
		return false;
	s->mended = true;
	store_open_tdb(s);
	if (s->tdb != NULL)
		empty_journal(s);
	return s->tdb != NULL;
}

static bool is_in_place(const struct store *s)
{
	struct stat st;

	return s->tdb != NULL && lstat(s->path, &st) == 0 &&
	       st.st_dev == s->dev && st.st_ino == s->ino;
}

static bool open_somehow(struct store *s)
{
	uint64_t *suspect = &s->page->cells->suspect;

	if (!is_in_place(s))
		store_open_tdb(s);
	if (s->tdb != NULL)
		return true;
	if (!repair_might_help(errno))
		return false;
	/* Removed by hand: then nobody wants to have it back. */
	if (errno == ENOENT && page_is_of_this_boot(s->page) &&
	    page_get(suspect) == 0)
		empty_journal(s);
	page_set(suspect, 1);
	s->tdb = repair_revive(s->path, s->max_entries);
	if (s->tdb != NULL)
		store_open_tdb(s);
	return s->tdb != NULL;
}

/* Nothing is known of what is on the disk: put it there. */
static bool sync_all(struct store *s)
{
	int fd = store_journal(s);

	return fd >= 0 && fdatasync(fd) == 0 && fdatasync(tdb_fd(s->tdb)) == 0;
}

static void declare_sound(struct store *s, uint64_t serial, bool on_disk)
{
	struct page_cells *cells = s->page->cells;
	uint64_t changes = page_get(&cells->changes);

	page_set(&cells->serial, serial);
	page_set(&cells->written, serial);
	if (on_disk)
		page_set(&cells->synced, serial);
	/* Somebody may have put this file there and died before he said so. */
	s->generation = page_get(&cells->generation) + 1;
	page_set(&cells->generation, s->generation);
	page_set(&cells->suspect, 0);
	page_set(&cells->changes, (changes | 1) + 1);
	page_adopt(s->page);
	s->settled = true;
	reason_clear(&s->trouble);
}

static enum store_result mend(struct store *s, bool booted)
{
	struct page_cells *cells = s->page->cells;
	struct check check = {.records = booted};
	uint64_t serial, end = 0;
	bool on_disk = booted;
	enum tdbfile_change played = TDBFILE_DAMAGED;

	/* Until it is declared sound: who mends may die of it, too. */
	page_set(&cells->suspect, 1);
	if (!booted)
		check.serial = page_get(&cells->serial);
	if (booted && !sync_all(s))
		return store_cannot(s, "sync it", errno);
	if (is_sound(s, &check)) {
		serial = check.serial;
		played =
		    play_back(s, booted ? UINT64_MAX : page_get(&cells->synced),
			&serial, &end);
		page_set(&cells->end, end);
	}
	if (played == TDBFILE_FULL)
		return store_cannot(s, "write it (is the disk full?)", ENOSPC);
	if (played == TDBFILE_DAMAGED) {
		serial = check.serial;
		on_disk = true;
		if (!open_somehow(s) || !rescue(s, &serial))
			return store_cannot(s, "mend it", errno);
	}
	declare_sound(s, booted ? serial + SERIAL_BOOT : serial, on_disk);
	return STORE_OK;
}

enum store_result store_settle(struct store *s)
{
	struct page_cells *cells = s->page->cells;
	bool booted = !page_is_of_this_boot(s->page);
	bool sound = !booted && page_get(&cells->changes) % 2 == 0 &&
		     page_get(&cells->suspect) == 0;
	enum store_result result;

	if (sound && s->tdb != NULL &&
	    page_get(&cells->generation) == s->generation)
		return STORE_OK;
	if (clock_ms() < s->mend_at)
		return STORE_BROKEN;
	if (sound && s->tdb != NULL) {
		store_open_tdb(s);
		if (s->tdb != NULL)
			return STORE_OK;
	}
	result = open_somehow(s) ? mend(s, booted)
				 : store_cannot(s, "open it", errno);
	if (result != STORE_OK)
		s->mend_at = clock_ms() + MEND_AGAIN_MS;
	return result;
}

enum store_result store_repair(struct store *s, uint32_t *saved)
{
	struct check check = {.records = false};
	enum store_result result;

	*saved = 0;
	if (!store_is_writable(s))
		return STORE_BROKEN;
	/* Without the lock first: reading a large file takes its time. */
	if (!is_sound(s, &check))
		page_set(&s->page->cells->suspect, 1);
	s->mend_at = 0;
	result = store_take(s, clock_ms() + STORE_WAIT_MS);
	if (result != STORE_OK)
		return result;
	store_leave(s);
	if (!s->mended)
		return STORE_OK;
	s->mended = false;
	*saved = s->saved;
	return STORE_MISS;
}
