/* tdbfile: the cache's file as libtdb sees it.
 * SPDX-License-Identifier: MIT
 *
 * libtdb takes no lock and syncs nothing: who changes the file holds
 * PAGE_WRITER, and has written the journal before.  Who reads takes no lock,
 * and looks at the page before and after instead. */
#ifndef MXPOLICY_CACHE_TDBFILE_H
#define MXPOLICY_CACHE_TDBFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/journal.h"
#include "cache/page.h"
#include "cache/record.h"

struct tdb_context;

/* Open the file as our kind of tdb, as it is (flags as for open()), with a hash
 * table for so many entries where it is made.  NULL with errno set, EISDIR or
 * ENOTSUP for what is no file; tdb leaves it 0 for some kinds of damage.  A
 * process can open a file but once. */
struct tdb_context *tdbfile_open(const char *path, uint32_t entries, int flags);

enum tdbfile_look {
	TDBFILE_FOUND,
	TDBFILE_OLDER,	/* found, but a newer one is damaged */
	TDBFILE_ABSENT, /* or damaged */
	TDBFILE_TORN,	/* the file is: what is there cannot be said */
};

/* Find the newest record of a key.  buf has room for RECORD_MAX; r's policy
 * text points into it.  serial, place: of what was found, or 0. */
struct tdbfile_found {
	uint64_t serial;
	int place;
};
enum tdbfile_look tdbfile_look(struct tdb_context *tdb, const char *key,
    struct record *r, uint8_t *buf, struct tdbfile_found *found)
    __attribute__((warn_unused_result));

/* Has the file become shorter than it is mapped?  Its last page reads as zeroes
 * then.  A system call. */
bool tdbfile_was_cut(struct tdb_context *tdb);

/* Is a hash chain of this key being changed (page_cells.where)? */
bool tdbfile_is_at(struct tdb_context *tdb, const char *key, uint64_t where);

/* Make a change, unless a newer one is there already.  A record that is the
 * only one on the disk (its serial is at most `synced`) is not written over.
 * cells: told what is being changed; NULL where nobody else can see the
 * file. */
enum tdbfile_change {
	TDBFILE_DONE,
	TDBFILE_FULL,	 /* no room, or another failure to write */
	TDBFILE_DAMAGED, /* the file is */
};
enum tdbfile_change tdbfile_change(struct tdb_context *tdb,
    struct page_cells *cells, const struct journal_entry *e, uint64_t synced)
    __attribute__((warn_unused_result));

#endif
