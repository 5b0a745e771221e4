/* store_change: writing to the cache.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "cache/store_inside.h"
#include "count/guard.h"

int store_journal(struct store *s)
{
	uint64_t turn = page_get(&s->page->cells->turn);
	bool made;

	if (s->journal >= 0 && s->turn == turn)
		return s->journal;
	if (s->journal >= 0)
		close(s->journal);
	s->turn = turn;
	s->journal = journal_open(s->path, &made);
	if (made)
		page_set(&s->page->cells->names, 1);
	return s->journal;
}

/* ---- which of two stands ---- */

/* A policy leaves the half that it is in when it expires, in no other way: one
 * that was fetched later was stored by somebody else meanwhile. */
static bool is_newer_sts(
    const struct sts_branch *there, const struct sts_branch *ours)
{
	if (there->fetched > ours->fetched &&
	    fresh_policy_alive(there, ours->checked))
		return true;
	if (ours->fetched > there->fetched &&
	    fresh_policy_alive(ours, there->checked))
		return false;
	return there->checked > ours->checked;
}

static void merge(struct record *ours, const struct record *there)
{
	if (there->used > ours->used) {
		ours->used = there->used;
		ours->uses = there->uses;
	}
	if (there->dane.checked > ours->dane.checked)
		ours->dane = there->dane;
	if (is_newer_sts(&there->sts, &ours->sts))
		ours->sts = there->sts;
}

/* ---- the batch ---- */

static void add(struct store *s, enum journal_kind kind, const char *key,
    const uint8_t *record, size_t len)
{
	struct page_cells *cells = s->page->cells;
	struct journal_entry e = {.kind = kind, .record = record, .len = len};

	while (s->room - s->len < JOURNAL_ENTRY_MAX) {
		s->room = s->room * 2 + JOURNAL_ENTRY_MAX;
		s->batch = xreallocarray(s->batch, s->room, 1);
	}
	/* Taken before it is written: nobody ever takes it again. */
	e.serial = page_get(&cells->serial) + journal_length(key, len);
	page_set(&cells->serial, e.serial);
	s->newest = e.serial;
	memcpy(e.key, key, strnlen(key, DOMAIN_KEY_MAX));
	s->len += journal_format(&e, s->batch + s->len);
}

static enum store_result write_journal(struct store *s)
{
	struct page_cells *cells = s->page->cells;
	uint64_t end = page_get(&cells->end);
	int fd = store_journal(s);

	if (fd < 0 || !journal_append(fd, &end, s->batch, s->len))
		return store_cannot(
		    s, "write its journal (is the disk full?)", errno);
	page_set(&cells->end, end);
	page_set(&cells->written, s->newest);
	return STORE_OK;
}

static enum store_result change_file(struct store *s)
{
	struct page_cells *cells = s->page->cells;
	uint64_t synced = page_get(&cells->synced);
	enum tdbfile_change result = TDBFILE_DONE;
	static struct journal_entry e;
	size_t at = 0, used = 0;

	guard_enter();
	while (result == TDBFILE_DONE && at < s->len &&
	       journal_parse(&e, s->batch + at, s->len - at, &used) ==
		   JOURNAL_WHOLE) {
		result = tdbfile_change(s->tdb, cells, &e, synced);
		at += used;
	}
	if (guard_leave()) {
		store_close_tdb(s);
		result = TDBFILE_DAMAGED;
	}
	if (result == TDBFILE_DONE)
		return STORE_OK;
	/* The journal has it, and what it was to replace: mending plays it
	 * back. */
	page_set(&cells->suspect, 1);
	if (result == TDBFILE_FULL)
		return store_cannot(s, "write it (is the disk full?)", ENOSPC);
	return store_settle(s);
}

enum store_result store_begin(struct store *s, int64_t deadline_ms)
{
	enum store_result result;

	if (s->tdb == NULL && s->path[0] == '\0')
		return STORE_BROKEN;
	result = store_take(s, deadline_ms);
	s->len = 0;
	return result;
}

enum store_result store_commit(struct store *s)
{
	enum store_result result = STORE_OK;

	if (s->len > 0)
		result = write_journal(s);
	if (s->len > 0 && result == STORE_OK)
		result = change_file(s);
	store_cancel(s);
	if (result == STORE_OK)
		reason_clear(&s->trouble);
	return result;
}

void store_cancel(struct store *s)
{
	s->len = 0;
	if (s->held > 0)
		store_leave(s);
}

/* ---- changes ---- */

enum store_result store_put(struct store *s, const char *key,
    const struct record *r, int64_t deadline_ms)
{
	static uint8_t there_buf[RECORD_MAX], buf[RECORD_MAX];
	struct record there, merged = *r;
	bool alone = s->held == 0;
	enum store_result result;

	if (alone && (result = store_begin(s, deadline_ms)) != STORE_OK)
		return result;
	if (store_get(s, key, &there, there_buf, 0) == STORE_FOUND)
		merge(&merged, &there);
	add(s, JOURNAL_PUT, key, buf, record_format(&merged, key, buf));
	return alone ? store_commit(s) : STORE_OK;
}

enum store_result store_touch(
    struct store *s, const char *key, int64_t now, int64_t deadline_ms)
{
	static uint8_t buf[RECORD_MAX];
	enum store_result result = store_begin(s, deadline_ms);
	struct record r;

	if (result != STORE_OK)
		return result;
	result = store_get(s, key, &r, buf, 0);
	if (result != STORE_FOUND) {
		store_cancel(s);
		return result;
	}
	r.used = now;
	if (r.uses < UINT32_MAX)
		r.uses++;
	result = store_put(s, key, &r, 0);
	if (result == STORE_OK)
		return store_commit(s);
	store_cancel(s);
	return result;
}

enum store_result store_drop(
    struct store *s, const char *key, int64_t deadline_ms)
{
	static uint8_t buf[RECORD_MAX];
	bool alone = s->held == 0;
	enum store_result result;
	struct record r;

	if (alone && (result = store_begin(s, deadline_ms)) != STORE_OK)
		return result;
	result = store_get(s, key, &r, buf, 0);
	if (result != STORE_FOUND) {
		if (alone)
			store_cancel(s);
		return result;
	}
	add(s, JOURNAL_DROP, key, NULL, 0);
	return alone ? store_commit(s) : STORE_OK;
}
