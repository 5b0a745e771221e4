/* keeper: what lookups found goes into the cache.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_KEEPER_H
#define MXPOLICY_SERVE_KEEPER_H

#include "cache/store.h"
#include "serve/inflight.h"

struct keeper {
	struct store *store;
	/* A record could not be stored; NULL for nobody. */
	void (*not_stored)(void *arg, const struct reason *why);
	void *arg;
};

/* Put one record, as far as its lookup is (store_put() says what stands where
 * others have been there meanwhile).  f->lookup.stored says whether it is
 * there. */
void keeper_put(const struct keeper *k, struct flight *f, int64_t deadline_ms);

/* All that changed and are at their end, many at a time. */
void keeper_put_complete(const struct keeper *k, struct inflight *in);

/* What is over and could not be stored because another process held the lock:
 * once more. */
void keeper_put_rest(const struct keeper *k, struct inflight *in);

#endif
