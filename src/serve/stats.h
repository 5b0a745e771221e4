/* stats: what is counted, and told in the log, of answers and lookups.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_STATS_H
#define MXPOLICY_SERVE_STATS_H

#include "count/counters.h"
#include "serve/answer.h"
#include "serve/prefetch.h"

/* For the processes that serve: count in the file beside this cache. */
void stats_open(const char *cache_path);

/* Counts and logs lookups; warns of policies that could not be refreshed. */
extern const struct refresh_observer stats_observer;

/* One request that was answered on a map.  What was not in the cache gets its
 * line in the log.  An answer from the cache costs two additions. */
void stats_answer(const struct config *c, const struct config_map *map,
    const struct answer *a);

/* One request, or what came in place of one, that was none. */
void stats_bad(enum counters_bad bad);

/* A connection that is served from here on; and how it ended. */
enum stats_end {
	STATS_CLOSED, /* the client closed between requests */
	STATS_IDLE,   /* nothing came for idle-timeout */
	STATS_BROKEN, /* what came is not a netstring, or is cut short */
	STATS_LOST,   /* a read or write failed */
	STATS_CHECK,  /* closed, and only `mxpolicy check` asked: not counted */
};
void stats_connection(void);
void stats_end(enum stats_end end);

/* A prefetch run that took so many microseconds is over.  false: the cache
 * could not be used. */
void stats_run(const struct prefetch_sum *sum, bool ok, int64_t usec);

#endif
