/* evict: keeps the cache near its size while it is used.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CACHE_EVICT_H
#define MXPOLICY_CACHE_EVICT_H

#include <stdint.h>
#include "cache/store.h"

/* After a record was stored: once in a while look at a part of the file, and
 * drop what is worth least there (cache/evict_rank.h) if it holds more than its
 * share of max_entries and a quarter of that.  prefetch drops exactly; between
 * its runs, and without it, this keeps the file bounded.  idle as for
 * evict_worth().  Nothing happens where a lock cannot be had at once. */
void evict_now_and_then(struct store *s, uint32_t max_entries, uint32_t idle);

/* The same in any case, for the part of the file that `place` stands for: any
 * number. */
void evict_part(
    struct store *s, uint32_t max_entries, uint32_t idle, uint32_t place);

#endif
