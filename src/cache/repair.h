/* repair: cache files in any state: reviving and rescuing them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_REPAIR_H
#define MXPOLICY_CACHE_REPAIR_H

#include <stdbool.h>
#include <stdint.h>

struct tdb_context;

/* Can repair_revive() help against this errno of tdbfile_open()?  (Not against
 * a lack of permission, of space, or of descriptors.) */
bool repair_might_help(int err);

/* Make an absent or empty file; give a truncated one back its length, so that
 * what is left can be saved; move what is no tdb aside to PATH.damaged (tdb
 * would empty it).  What could not be made whole is not left behind.  The
 * caller holds PAGE_WRITER. */
struct tdb_context *repair_revive(const char *path, uint32_t entries);

/* Write all records into a new file, durably, and rename it over the old one.
 * From a damaged file with tdb_rescue(), and then what the journal tells; from
 * a sound one with a walk: then it gives back the room that dropped records
 * left (tdb_repack() keeps the file's length).  The caller
 * holds PAGE_WRITER; tdb stays open, on the old file.  *saved: how many records
 * there are; *serial: of the newest, unless that is less. */
enum repair_from { REPAIR_DAMAGED, REPAIR_SOUND };
bool repair_copy(struct tdb_context *tdb, const char *path, uint32_t entries,
    enum repair_from from, uint32_t *saved, uint64_t *serial)
    __attribute__((warn_unused_result));

/* Put the names in the directory of path on the disk. */
bool repair_sync_names(const char *path);

#endif
