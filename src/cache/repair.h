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

/* Write what tdb_rescue() finds in a damaged file and record_parse() accepts,
 * and what the journal tells, into a new file, durably, and rename it over the
 * old one.  The caller holds PAGE_WRITER; tdb stays open, on the old file.
 * *saved: how many records there are; *serial: of the newest, unless that is
 * less. */
bool repair_rescue(struct tdb_context *tdb, const char *path, uint32_t entries,
    uint32_t *saved, uint64_t *serial) __attribute__((warn_unused_result));

/* Put the names in the directory of path on the disk. */
bool repair_sync_names(const char *path);

#endif
