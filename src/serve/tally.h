/* tally: what is counted, and told in the log, of answers and lookups.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_TALLY_H
#define MXPOLICY_SERVE_TALLY_H

#include "cache/counters.h"
#include "serve/answer.h"
#include "serve/prefetch.h"

/* For the processes that serve: count in the file beside this cache, and warn
 * of policies that could not be refreshed.  Without it counts go nowhere. */
void tally_open(const char *cache_path);

/* One request that was answered on a map.  What was not in the cache gets its
 * line in the log.  An answer from the cache costs two additions. */
void tally_answer(const struct config *c, const struct config_map *map,
    const struct answer *a);

/* One request, or what came in place of one, that was none. */
void tally_bad(enum counters_bad bad);

/* A connection that is served from here on; and how it ended, a value of enum
 * session_end. */
void tally_connection(void);
void tally_end(unsigned end);

/* One half of a lookup is in, and folded into its record. */
void tally_dane(const struct lookup *l, const struct dane_finding *f);
void tally_sts(const struct lookup *l, const struct sts_finding *f);

/* `resolve` failed; why is logged. */
void tally_resolve(enum counters_resolve how, const struct reason *why);

/* A prefetch run that took so many microseconds is over.  false: the cache
 * could not be used. */
void tally_run(const struct prefetch_sum *sum, bool ok, int64_t usec);

#endif
