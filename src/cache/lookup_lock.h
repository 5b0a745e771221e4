/* lookup_lock: one lookup at a time for a key, over all processes.
 * SPDX-License-Identifier: MIT
 *
 * A lock is one byte of a file beside the cache, at an offset made from the
 * key, held with fcntl(): the kernel gives it up when its holder dies, however
 * it dies, and a child of fork() does not inherit it.  Followers look again
 * every few milliseconds rather than sleep in F_SETLKW, which has no deadline.
 * Tried and left: robust mutexes in shared memory (they outlive reboots and
 * differ between C libraries).
 */
#ifndef MXPOLICY_CACHE_LOOKUP_LOCK_H
#define MXPOLICY_CACHE_LOOKUP_LOCK_H

#define LOOKUP_LOCK_POLL_MS 5 /* how often a follower looks again */

enum lookup_lock_result {
	LOOKUP_LOCK_MINE, /* go and look it up */
	LOOKUP_LOCK_BUSY, /* another process is looking it up */
};

struct lookup_lock;

/* The lock file of the cache at this path, "" for none.  Never fails: without
 * a lock file everybody looks things up for himself (lookup_lock_take() gives
 * MINE).  Open
 * it once in a process: closing any descriptor of it would drop all locks. */
struct lookup_lock *lookup_lock_open(const char *cache_path);
void lookup_lock_close(struct lookup_lock *f);

/* Taking what this process holds already gives MINE again. */
enum lookup_lock_result lookup_lock_take(struct lookup_lock *f, const char *key)
    __attribute__((warn_unused_result));
void lookup_lock_leave(struct lookup_lock *f, const char *key);

#endif
