/* keeper: what lookups found goes into the cache.
 * SPDX-License-Identifier: MIT */
#include "serve/keeper.h"

#include "base/clock.h"

#define KEEPER_BATCH 64 /* records at once: others want to write, too */

static void stored(
    const struct keeper *k, struct flight *f, enum store_result result)
{
	f->lookup.stored = result == STORE_OK;
	/* Whoever holds the lock lets go of it some time. */
	f->changed = result == STORE_BUSY;
	if (result != STORE_OK && k->not_stored != NULL)
		k->not_stored(k->arg, store_trouble(k->store));
}

void keeper_put(const struct keeper *k, struct flight *f, int64_t deadline_ms)
{
	int64_t end = clock_ms() + STORE_WAIT_MS;

	stored(k, f,
	    store_put(k->store, f->lookup.key, &f->lookup.record,
		deadline_ms < end ? deadline_ms : end));
}

static bool is_complete(const struct flight *f)
{
	return f->changed && f->ending;
}

/* At most KEEPER_BATCH of them.  *next: where to go on, NULL after the last. */
static enum store_result put_some(
    const struct keeper *k, struct inflight *in, struct flight **next)
{
	enum store_result result =
	    store_begin(k->store, clock_ms() + STORE_WAIT_MS);
	struct flight *f = *next;
	int n = 0;

	for (; f != NULL && n < KEEPER_BATCH; f = inflight_next(in, f)) {
		if (!is_complete(f))
			continue;
		n++;
		if (result == STORE_OK)
			result = store_put(
			    k->store, f->lookup.key, &f->lookup.record, 0);
	}
	*next = f;
	if (result == STORE_OK)
		return store_commit(k->store);
	store_cancel(k->store);
	return result;
}

void keeper_put_complete(const struct keeper *k, struct inflight *in)
{
	struct flight *f = inflight_next(in, NULL), *next;

	while (f != NULL) {
		enum store_result result;

		if (!is_complete(f)) {
			f = inflight_next(in, f);
			continue;
		}
		next = f;
		result = put_some(k, in, &next);
		for (; f != next; f = inflight_next(in, f))
			if (is_complete(f))
				stored(k, f, result);
	}
}

void keeper_put_rest(const struct keeper *k, struct inflight *in)
{
	struct flight *f = NULL;

	while ((f = inflight_next(in, f)) != NULL) {
		if (!f->lookup.over || !f->changed)
			continue;
		keeper_put(k, f, clock_ms() + STORE_WAIT_MS);
		if (f->lookup.stored)
			inflight_clear(f);
	}
}
