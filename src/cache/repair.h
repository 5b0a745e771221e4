/* repair: opening a cache file whatever state it is in, and copying from it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_REPAIR_H
#define MXPOLICY_CACHE_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct tdb_context;

/* Root looks things up too, often before anybody else: a file that it made,
 * open as fd, gets the owner and group of its directory, who serve from it.
 * Does nothing for others, for a directory of root's, and for a file that the
 * path names by a link.  errno stays. */
void repair_own(int fd, const char *path);

/* Open the file as our kind of tdb, as it is (flags as for open()).  NULL with
 * errno set, EISDIR or ENOTSUP for what is no file; tdb leaves it 0 for some
 * kinds of damage. */
struct tdb_context *repair_open(const char *path, uint32_t entries, int flags);

/* Can repair_revive() help against this errno of repair_open()?  (Not against a
 * lack of permission, of space, or of descriptors.) */
bool repair_might_help(int err);

/* Make an absent or empty file; give a truncated one back its length, so that
 * what is left can be saved; move what is no tdb aside to PATH.damaged (tdb
 * would empty it).  Takes the lock of repair_lock(). */
struct tdb_context *repair_revive(const char *path, uint32_t entries);

/* One mender at a time: returns a descriptor to be closed, or -1.  It is a file
 * of its own, PATH.mend, because closing any descriptor of a file gives up all
 * of a process's locks on it.  Waits for its turn. */
int repair_lock(const char *path);

/* Write what record_parse() accepts into a new file, durably, and rename it
 * over the old one, which keeps writers out meanwhile (not readers).  From a
 * damaged file with tdb_rescue(), from a sound one with a walk: then it gives
 * back the room that dropped records left (tdb_repack() keeps the file's
 * length).  The caller holds repair_lock(); tdb stays open, on the old file. */
enum repair_from { REPAIR_DAMAGED, REPAIR_SOUND };
bool repair_copy(struct tdb_context *tdb, const char *path, uint32_t entries,
    enum repair_from from, uint32_t *saved) __attribute__((warn_unused_result));

#endif
