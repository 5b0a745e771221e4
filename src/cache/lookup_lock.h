/* lookup_lock: one lookup at a time for a key, over all processes.
 * SPDX-License-Identifier: MIT
 *
 * A lock is one byte of the file of cache/page.h, at an offset made from the
 * key by a hash whose own key is random: nobody can choose a domain that has to
 * wait for another.  Followers look again every few milliseconds rather than
 * sleep in F_SETLKW, which has no deadline.  Tried and left: robust mutexes in
 * shared memory (they outlive reboots and differ between C libraries).
 */
#ifndef MXPOLICY_CACHE_LOOKUP_LOCK_H
#define MXPOLICY_CACHE_LOOKUP_LOCK_H

#define LOOKUP_LOCK_POLL_MS 5 /* how often a follower looks again */

enum lookup_lock_result {
	LOOKUP_LOCK_MINE, /* go and look it up */
	LOOKUP_LOCK_BUSY, /* another process is looking it up */
};

struct page;

/* page: store_page() of the cache; NULL: there is none, everybody looks things
 * up for himself.  Taking what this process holds already gives MINE again. */
enum lookup_lock_result lookup_lock_take(struct page *page, const char *key)
    __attribute__((warn_unused_result));
void lookup_lock_leave(struct page *page, const char *key);

#endif
