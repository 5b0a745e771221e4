/* cacherows: the lines of `cache list`.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CACHEROWS_H
#define MXPOLICY_VERB_CACHEROWS_H

#include <stddef.h>
#include "verb/facts.h"
#include "verb/paint.h"

struct cache_row {
	char *key;
	struct facts f;
};

/* Aligned columns with a header, for the width of the terminal; ages, not
 * times. */
void cacherows_table(const struct paint *p, const struct cache_row *row,
    size_t n, int64_t now);

/* For programs: eight fields with tabs between them, no header, times in
 * seconds since the epoch, "-" for none. */
void cacherows_tabs(const struct cache_row *row, size_t n);

/* JSON Lines, "cache-list-1". */
void cacherows_json(const struct cache_row *row, size_t n);

#endif
