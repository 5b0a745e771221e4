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
	int64_t until;		 /* what is not fresh any more then is due */
	bool dry;		 /* choose and tell, change nothing */
	/* Called for each key that is due; or NULL. */
	void (*tell)(const char *key);
	/* How many of `of` domains are refreshed or, after that, of records
	 * dropped; 0 of them is where each begins.  Or NULL. */
	void (*progress)(size_t at, size_t of);
};

struct prefetch_sum {
	uint32_t records, damaged, policies;
	/* failed: lookups that left a half not found out, and keys that are no
	 * domain. */
	uint32_t due, refreshed, elsewhere, failed;
	uint32_t dropped, mended, saved;
	bool repacked;
};

/* Check the file and mend it, choose what is due, look it up, drop what is too
 * much (least worth first), and give the room back when much was dropped.
 * false: the cache cannot be used (store_trouble() says why). */
bool prefetch_run(const struct prefetch_run *run, struct prefetch_sum *sum)
    __attribute__((warn_unused_result));

#endif
