/* store: the cache, which all processes share.
 * SPDX-License-Identifier: MIT
 *
 * A tdb file, a page of shared memory with the locks (cache/page.h), and a
 * journal (cache/journal.h).  What holds:
 *
 * Whoever changes something takes the one lock for it, appends the change to
 * the journal with one write(), says in the page that the file is being
 * changed, and changes it.  So kill -9 at any instruction loses nothing that
 * was put: the kernel has it, and who finds the file half changed and the lock
 * free plays the journal back.  Who reads takes no lock: what is found proves
 * itself by checksum and key; what is not found counts only if nobody changed
 * that place meanwhile.
 *
 * Nobody waits for the disk.  store_sync() puts the journal there, about once a
 * second, by somebody who has nothing else to do; so a loss of power costs the
 * last second.  Before a boot's first use the file is checked, and what the
 * journal tells is played back; a record is never written over while it is the
 * only one of its key on the disk.
 *
 * No lock is waited for beyond a deadline. */
#ifndef MXPOLICY_CACHE_STORE_H
#define MXPOLICY_CACHE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/record.h"

enum store_result {
	STORE_OK,     /* it is done */
	STORE_FOUND,  /* it is there */
	STORE_MISS,   /* it is not there, or damaged: look it up */
	STORE_BUSY,   /* a lock could not be had by the deadline; what is there
		       * cannot be said */
	STORE_BROKEN, /* the cache cannot be used; store_trouble() says why */
};

/* How long to wait for who changes the file, where no deadline is nearer: a
 * change takes microseconds, a repair of a large file two seconds. */
#define STORE_WAIT_MS 3000

struct store;
struct page;

/* Open the file at path, making it (mode 0640) when it is absent or empty,
 * with a hash table for max_entries records.  What is no tdb is moved aside to
 * PATH.damaged, never overwritten.  Falls back to reading only.  Never fails:
 * a store that could not be opened answers STORE_BROKEN until a later
 * store_refresh() can open it.  An empty path makes a store that always does.
 * The caller closes it. */
struct store *store_open(const char *path, uint32_t max_entries);
/* The same for who only looks: nothing is made, moved or written, by any of
 * these functions. */
struct store *store_open_read(const char *path, uint32_t max_entries);
/* What is new goes to the disk before.  NULL is fine. */
void store_close(struct store *s);

/* Why the store is broken, busy or read-only, "" when it is neither. */
const struct reason *store_trouble(const struct store *s);
bool store_is_writable(const struct store *s);

/* The shared page, for other locks of the same cache; NULL: there is none. */
struct page *store_page(const struct store *s);

/* Notice that the files were removed or replaced by hand, or that a broken
 * store can be opened again.  Four system calls: not for every hit. */
void store_refresh(struct store *s);

/* Read the record of a key.  r's policy text points into buf.  Unless it is
 * FOUND, r is empty.  A hit takes no lock, no system call, no memory.
 * deadline_ms: of clock_ms(), here and below. */
enum store_result store_get(struct store *s, const char *key, struct record *r,
    uint8_t buf[static RECORD_MAX], int64_t deadline_ms)
    __attribute__((warn_unused_result));

/* Write a record.  Of each half the newer one stands, whoever put it, and of
 * the notes of use; a policy gives way only to one that was fetched later.
 * OK, or BUSY or BROKEN: nothing was changed, store_trouble() says why. */
enum store_result store_put(struct store *s, const char *key,
    const struct record *r, int64_t deadline_ms);
/* Note that a key was asked for at now; MISS when it is not there. */
enum store_result store_touch(
    struct store *s, const char *key, int64_t now, int64_t deadline_ms);
/* Remove one; MISS when it was not there. */
enum store_result store_drop(
    struct store *s, const char *key, int64_t deadline_ms);

/* Several changes at once: begin, puts and drops of different keys, commit; or
 * cancel.  Others can read meanwhile, not write, so nothing is waited for in
 * between.  After OK from begin only. */
enum store_result store_begin(struct store *s, int64_t deadline_ms);
enum store_result store_commit(struct store *s);
/* Undo what was begun, if anything. */
void store_cancel(struct store *s);

/* Is there something that store_sync() would put on the disk?  Due: and the
 * last time was half a second ago; overdue: a whole one.  No system call. */
bool store_is_unsynced(const struct store *s);
bool store_sync_is_due(const struct store *s);
bool store_sync_is_overdue(const struct store *s);
/* Put all that was written on the disk, while others go on.  For who has
 * nothing else to do: it takes as long as the disk does.  A journal that has
 * become long is emptied. */
void store_sync(struct store *s);
/* Empty the journal, by putting the file itself on the disk.  Others go on
 * meanwhile. */
enum store_result store_checkpoint(struct store *s);

/* Call visit for each record (damaged ones too); visit must not use the store
 * and returns false to stop.  data is valid during the call.  Others can read
 * meanwhile, not write. */
typedef bool store_visit(
    const char *key, const void *data, size_t len, void *arg);
enum store_result store_walk(struct store *s, store_visit *visit, void *arg);

/* The same in parts, so that writers hardly wait: begin with a struct of zeroes
 * and call until the result is not FOUND any more.  MISS: that was the last
 * part.  A record that others write meanwhile may be missed, none comes
 * twice. */
struct store_part {
	uint32_t at, of; /* how far it is */
};
enum store_result store_walk_part(struct store *s, struct store_part *part,
    store_visit *visit, void *arg) __attribute__((warn_unused_result));

/* The same for n chains of the hash table, from part->at on. */
enum store_result store_walk_some(struct store *s, struct store_part *part,
    uint32_t n, store_visit *visit, void *arg)
    __attribute__((warn_unused_result));

/* How many chains it has; 0: it cannot be used. */
uint32_t store_chains(const struct store *s);

/* Is the whole file sound?  Reads all of it, changes nothing. */
bool store_is_sound(struct store *s);

/* Sizes in bytes: of the file, and of its hash table and head, which hold no
 * records.  false: there is no file. */
bool store_size(const struct store *s, uint64_t *file, uint64_t *index);

/* Check the whole file; mend it when it is damaged: what tdb_rescue() finds
 * and record_parse() accepts, and what the journal tells, goes to a new file
 * that is renamed over the old.  OK: it is sound; MISS: it was mended, *saved
 * records are there. */
enum store_result store_repair(struct store *s, uint32_t *saved);

/* Give room that dropped records left back to the file system. */
enum store_result store_repack(struct store *s);

#endif
