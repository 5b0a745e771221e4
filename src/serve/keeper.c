/* keeper: what lookups found goes into the cache.
 * SPDX-License-Identifier: MIT */
#include "serve/keeper.h"

static bool put(const struct keeper *k, const struct lookup *l)
{
	static uint8_t buf[RECORD_MAX];
	struct record merged = l->record, now;

	if (store_get(k->store, l->key, &now, buf) == STORE_FOUND) {
		if (now.used > merged.used) {
			merged.used = now.used;
			merged.uses = now.uses;
		}
		if (now.dane.checked > merged.dane.checked)
			merged.dane = now.dane;
		if (now.sts.checked > merged.sts.checked)
			merged.sts = now.sts;
	}
	return store_put(k->store, l->key, &merged) != STORE_BROKEN;
}

static void stored(const struct keeper *k, struct flight *f, bool ok)
{
	f->lookup.stored = ok;
	f->changed = false;
	if (!ok && k->not_stored != NULL)
		k->not_stored(k->arg, store_trouble(k->store));
}

void keeper_put(const struct keeper *k, struct flight *f)
{
	stored(k, f, put(k, &f->lookup));
}

static bool is_complete(const struct flight *f)
{
	return f->changed && f->ending;
}

void keeper_put_complete(const struct keeper *k, struct inflight *in)
{
	bool ok = false, begun = false;
	struct flight *f = NULL;

	while ((f = inflight_next(in, f)) != NULL) {
		if (!is_complete(f))
			continue;
		if (!begun)
			ok = store_begin(k->store) != STORE_BROKEN;
		begun = true;
		ok = ok && put(k, &f->lookup);
	}
	if (!begun)
		return;
	if (ok)
		ok = store_commit(k->store) != STORE_BROKEN;
	else
		store_cancel(k->store);
	while ((f = inflight_next(in, f)) != NULL)
		if (is_complete(f))
			stored(k, f, ok);
}
