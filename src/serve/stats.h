/* stats: what is counted, and told in the log, of answers and lookups.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_STATS_H
#define MXPOLICY_SERVE_STATS_H

#include "count/counters.h"
#include "serve/answer.h"
#include "serve/prefetch.h"

/* For the processes that serve: count in the file beside this cache, and warn
 * of policies that could not be refreshed.  Without it counts go nowhere. */
void stats_open(const char *cache_path);

/* One request that was answered on a map.  What was not in the cache gets its
 * line in the log.  An answer from the cache costs two additions. */
void stats_answer(const struct config *c, const struct config_map *map,
    const struct answer *a);

/* One request, or what came in place of one, that was none. */
void stats_bad(enum counters_bad bad);

/* A connection that is served from here on; and how it ended, a value of enum
 * session_end. */
void stats_connection(void);
void stats_end(unsigned end);

/* One half of a lookup is in, and folded into its record. */
void stats_dane(const struct lookup *l, const struct dane_finding *f);
void stats_sts(const struct lookup *l, const struct sts_finding *f);

/* `resolve` failed; why is logged. */
void stats_resolve(enum counters_resolve how, const struct reason *why);

/* A prefetch run that took so many microseconds is over.  false: the cache
 * could not be used. */
void stats_run(const struct prefetch_sum *sum, bool ok, int64_t usec);

#endif
