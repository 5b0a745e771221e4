/* store_inside: what the files of the store share; for them alone.
 * SPDX-License-Identifier: MIT
 *
 *	store_open.c	opening, locking
 *	store_get.c	reading
 *	store_change.c	writing
 *	store_state.c	what somebody who died left behind
 *	store_sync.c	what goes to the disk, and when
 *	store_walk.c	all records
 *	store_repack.c	all records, into a new file
 */
#ifndef MXPOLICY_CACHE_STORE_INSIDE_H
#define MXPOLICY_CACHE_STORE_INSIDE_H

#include <sys/types.h>
#include "cache/page.h"
#include "cache/store.h"
#include "cache/tdbfile.h"

struct store {
	struct tdb_context *tdb; /* NULL: broken */
	struct page *page;	 /* NULL: nobody writes, as far as we know */
	char *path;
	uint32_t max_entries;
	dev_t dev; /* of the open file */
	ino_t ino;
	uint64_t generation; /* the page's, when it was opened */
	bool reader;	     /* opened to look only */
	bool writable;
	bool settled;	  /* the file is of this boot, or was checked */
	int64_t mend_at;  /* clock_ms(): a mend failed, not before this */
	bool mended;	  /* by this process ... */
	uint32_t saved;	  /* ... with so many records */
	unsigned held;	  /* PAGE_WRITER, so many times */
	int journal;	  /* -1: not open */
	uint64_t turn;	  /* the page's, when it was opened */
	uint8_t *batch;	  /* entries of the journal, to be written at once */
	size_t len, room; /* of it */
	uint64_t newest;  /* serial of the last one in it */
	struct reason trouble;
};

/* Open the file, as it is, if that is possible. */
void store_open_tdb(struct store *s);
void store_close_tdb(struct store *s);

/* Take PAGE_WRITER and see that the file can be relied on.  OK: give it back
 * with store_leave(); may be taken twice.  BUSY, BROKEN: it is not held. */
enum store_result store_take(struct store *s, int64_t deadline_ms)
    __attribute__((warn_unused_result));
void store_leave(struct store *s);

/* The holder of PAGE_WRITER makes the file one that can be relied on: another
 * boot, a writer that died, damage that somebody met. */
enum store_result store_settle(struct store *s)
    __attribute__((warn_unused_result));

/* The journal as it is now; -1 with errno set. */
int store_journal(struct store *s);

/* Say what cannot be done, with errno.  Returns BROKEN. */
enum store_result store_cannot(struct store *s, const char *what, int err);

#endif
