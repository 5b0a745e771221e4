/* rows: the lines of `cache list`.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CACHE_ROWS_H
#define MXPOLICY_VERB_CACHE_ROWS_H

#include <stddef.h>
#include "term/term.h"
#include "verb/cache/record_status.h"

struct cache_row {
	char *key;
	struct record_status f;
};

/* Aligned columns with a header, as wide as the terminal; ages instead of
 * times. */
void cacherows_table(
    const struct term *p, const struct cache_row *row, size_t n, int64_t now);

/* For programs: eight fields separated by tabs, no header, times in seconds
 * since the epoch, "-" for none. */
void cacherows_tabs(const struct cache_row *row, size_t n);

/* JSON Lines, "cache-list-1". */
void cacherows_json(const struct cache_row *row, size_t n);

#endif
