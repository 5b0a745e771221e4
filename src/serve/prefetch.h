/* prefetch: one run over the whole cache, between serving.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_PREFETCH_H
#define MXPOLICY_SERVE_PREFETCH_H

#include <stdint.h>
#include "serve/config.h"
#include "serve/refresh.h"

/* At once: with fewer the run waits for its own commits more than for the
 * name servers (test/bench/prefetch.py). */
#define PREFETCH_LOOKUPS 256

struct prefetch_run {
	const struct config *config;
	struct store *store;
	struct refresh *refresh; /* opened with PREFETCH_LOOKUPS */
	int64_t until;		 /* what is no longer fresh then is due */
	int64_t start_ms;	 /* so long lookups are started */
	bool dry;		 /* choose, but change nothing */
	/* Called for each key that is due; or NULL. */
	void (*tell)(const char *key);
	/* Called with how many of `of` domains have been refreshed, and then
	 * with how many of `of` records have been dropped; each begins with 0.
	 * Or NULL. */
	void (*progress)(size_t at, size_t of);
};

struct prefetch_sum {
	uint32_t records, damaged, policies;
	/* failed: lookups in which a branch failed, and keys that are not a
	 * domain. */
	uint32_t due, refreshed, elsewhere, failed;
	uint32_t left; /* due, and not started in time */
	uint32_t dropped, mended, saved;
	bool repacked;
};

/* Check the file and repair it, drop what exceeds cache-max-entries (the least
 * valuable first), look up what is due, return the space if much was dropped,
 * and empty the journal.  false: the cache cannot be used (store_trouble() says
 * why). */
bool prefetch_run(const struct prefetch_run *run, struct prefetch_sum *sum)
    __attribute__((warn_unused_result));

#endif
