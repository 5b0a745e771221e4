/* page: what all processes know of the cache, in shared memory, and its locks.
 * SPDX-License-Identifier: MIT
 *
 * A file beside the cache, PATH.lock: its first page is mapped by everybody,
 * its bytes are locked with fcntl(), which the kernel gives up when the holder
 * dies, however it dies, and which a child of fork() does not inherit. */
#ifndef MXPOLICY_CACHE_PAGE_H
#define MXPOLICY_CACHE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SUFFIX ".lock"

/* Changed by the holder of PAGE_WRITER alone, unless it says otherwise; read by
 * everybody, each cell atomically. */
struct page_cells {
	uint64_t magic;	     /* 0: not made yet */
	uint64_t key[2];     /* of the lock offsets; random */
	uint64_t boot[2];    /* of which boot all this is */
	uint64_t began;	     /* when that was, seconds since the epoch */
	uint64_t changes;    /* odd: the file is being changed */
	uint64_t where;	     /* the hash chain that is */
	uint64_t generation; /* of the file: another is in its place */
	uint64_t suspect;    /* anybody: damage was met, look at the file */
	uint64_t serial;     /* of the newest change */
	uint64_t written;    /* all up to this is in the journal */
	uint64_t synced;     /* anybody: all up to this is on the disk */
	uint64_t sync_ms;    /* anybody: when that was begun, clock_ms() */
	uint64_t end;	     /* length of the journal */
	uint64_t turn;	     /* of the journal: a new one was begun */
	uint64_t names;	     /* anybody: file names changed, not synced */
};

struct page {
	int fd;
	bool writable;
	struct page_cells *cells;
	int64_t
	    stuck_until; /* clock_ms(): till then locks are not waited for */
};

static inline uint64_t page_get(const uint64_t *cell)
{
	return __atomic_load_n(cell, __ATOMIC_SEQ_CST);
}

static inline void page_set(uint64_t *cell, uint64_t value)
{
	__atomic_store_n(cell, value, __ATOMIC_SEQ_CST);
}

/* The page of a cache.  A writer makes it where it is missing, with its room
 * allocated; a reader maps what is there.  NULL with errno set.  Open it once
 * in a process: closing any descriptor of a file gives up all of a process's
 * locks on it. */
struct page *page_open(const char *cache_path, bool writer);
/* NULL is fine. */
void page_close(struct page *p);

/* Can it be relied on?  (Not if the file was cut.) */
bool page_is_whole(const struct page *p);
/* Has the file that it maps gone from its name?  A system call. */
bool page_was_replaced(const struct page *p, const char *cache_path);

/* Is it of this boot of the machine?  No system call after the first. */
bool page_is_of_this_boot(const struct page *p);
/* From now on it is. */
void page_adopt(struct page *p);

enum page_lock {
	PAGE_MINE,
	PAGE_BUSY,  /* another process had it until the deadline */
	PAGE_NEVER, /* it cannot be had */
};

#define PAGE_WRITER 0		     /* who changes the file */
#define PAGE_CHECKPOINT 1	     /* who empties the journal */
#define PAGE_KEYS (INT64_C(1) << 62) /* from here on: locks of keys */

/* Take the lock of a byte, trying until deadline_ms of clock_ms(), once at
 * least.  After one that could not be had for PAGE_STUCK_AFTER_MS the next ones
 * are tried for PAGE_STUCK_TRY_MS only, during PAGE_STUCK_MS: a holder that
 * hangs costs its time once.  Taking what this process holds already gives MINE
 * again. */
#define PAGE_STUCK_AFTER_MS 1000
#define PAGE_STUCK_TRY_MS 20
#define PAGE_STUCK_MS 5000
enum page_lock page_lock(struct page *p, int64_t at, int64_t deadline_ms)
    __attribute__((warn_unused_result));
/* The same against writers only: readers of the page may take it too. */
enum page_lock page_lock_shared(struct page *p, int64_t at, int64_t deadline_ms)
    __attribute__((warn_unused_result));
void page_unlock(struct page *p, int64_t at);

#endif
