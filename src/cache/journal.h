/* journal: the changes of the cache in the order in which they were made.
 * SPDX-License-Identifier: MIT
 *
 * A file beside the cache, PATH.journal, to which each change is appended with
 * one write before the cache itself is touched.  What a process that died, or a
 * loss of power, left unfinished is played back from it.  It begins anew when
 * the cache is on the disk (cache/store_sync.c); meanwhile the one before is
 * PATH.journal.old. */
#ifndef MXPOLICY_CACHE_JOURNAL_H
#define MXPOLICY_CACHE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/seal.h"

#define JOURNAL_SUFFIX ".journal"
#define JOURNAL_OLD_SUFFIX ".journal.old"

enum journal_kind {
	JOURNAL_PUT = 1,
	JOURNAL_DROP = 2,
};

/* One change. */
struct journal_entry {
	enum journal_kind kind;
	uint64_t serial; /* the newer, the higher */
	char key[DOMAIN_KEY_MAX + 1];
	const uint8_t *record; /* of a PUT: as record_format() made it */
	size_t len;
};

#define JOURNAL_ENTRY_MAX (RECORD_MAX + DOMAIN_KEY_MAX + 64)

/* To bytes; buf has room for JOURNAL_ENTRY_MAX.  Returns the length. */
size_t journal_format(const struct journal_entry *e, uint8_t *buf);

/* How long the entry of this key and this record will be. */
size_t journal_length(const char *key, size_t len);

enum journal_parse {
	JOURNAL_WHOLE,	 /* *used bytes are an entry; e->record is within buf */
	JOURNAL_PARTIAL, /* it goes on behind the len bytes */
	JOURNAL_BROKEN,	 /* torn, or nothing of ours */
};
enum journal_parse journal_parse(struct journal_entry *e, const uint8_t *buf,
    size_t len, size_t *used) __attribute__((warn_unused_result));

/* Open the journal of a cache to append to it, making it where it is missing:
 * *made.  A descriptor, or -1 with errno set. */
int journal_open(const char *cache_path, bool *made);

/* Append len bytes behind the first `end`; what is behind them was left by
 * somebody who died, and goes.  *end is the new length.  false: nothing was
 * appended, errno says why. */
bool journal_append(int fd, uint64_t *end, const uint8_t *bytes, size_t len)
    __attribute__((warn_unused_result));

/* Call visit for each entry, up to the first that is torn; *end is where that
 * begins.  suffix: which of the two; one that is missing is empty.  false: it
 * cannot be read, or visit returned false. */
typedef bool journal_visit(const struct journal_entry *e, void *arg);
bool journal_play(const char *cache_path, const char *suffix,
    journal_visit *visit, void *arg, uint64_t *end)
    __attribute__((warn_unused_result));

/* Begin a new one: what is there becomes the old one, unless there still is an
 * old one. */
enum journal_turn {
	JOURNAL_TURNED,
	JOURNAL_HAS_OLD,
	JOURNAL_FAILED, /* errno says why */
};
enum journal_turn journal_turn(const char *cache_path);

/* Put the old one, if there is one, on the disk; remove it. */
bool journal_sync_old(const char *cache_path);
bool journal_forget_old(const char *cache_path);

#endif
