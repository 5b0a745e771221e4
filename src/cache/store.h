/* store: the cache file, a tdb that all processes share.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_STORE_H
#define MXPOLICY_CACHE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/record.h"

enum store_result {
	STORE_FOUND,
	STORE_MISS,   /* not there, or damaged: look it up */
	STORE_BROKEN, /* the cache cannot be used; store_trouble() says why */
};

struct store;

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
void store_close(struct store *s);

/* Why the store is broken or read-only, "" when it is neither. */
const struct reason *store_trouble(const struct store *s);
bool store_is_writable(const struct store *s);

/* Notice that another process put a mended file in this one's place, or that
 * a broken store can be opened again.  Two system calls: not for every hit. */
void store_refresh(struct store *s);

/* Read the record of a key.  r's policy text points into buf.  On MISS and
 * BROKEN r is empty.  No allocation, no logging. */
enum store_result store_get(struct store *s, const char *key, struct record *r,
    uint8_t buf[static RECORD_MAX]) __attribute__((warn_unused_result));

/* Write a record in a transaction, durable on return.
 * BROKEN: nothing was changed, store_trouble() says why. */
enum store_result store_put(
    struct store *s, const char *key, const struct record *r);
/* Note that a key was asked for at now; MISS when it is not there. */
enum store_result store_touch(struct store *s, const char *key, int64_t now);
/* Remove one; MISS when it was not there. */
enum store_result store_drop(struct store *s, const char *key);

/* Several changes in one transaction: begin, puts and drops, commit.  Others
 * can read meanwhile, not write. */
enum store_result store_begin(struct store *s);
enum store_result store_commit(struct store *s);
/* Undo what was begun, if anything. */
void store_cancel(struct store *s);

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

/* Is the whole file sound?  Reads all of it, changes nothing. */
bool store_is_sound(struct store *s);

/* Sizes in bytes: of the file, and of its hash table and head, which hold no
 * records.  false: there is no file. */
bool store_size(const struct store *s, uint64_t *file, uint64_t *index);

/* Check the whole file; mend it when it is damaged: what tdb_rescue() finds
 * and record_parse() accepts goes to a new file that is renamed over the old.
 * FOUND: it is sound; MISS: it was mended, *saved records were found. */
enum store_result store_repair(struct store *s, uint32_t *saved);

/* Give room that dropped records left back to the file system. */
enum store_result store_repack(struct store *s);

#endif
