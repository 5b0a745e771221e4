/* evict: keeps the cache near its size while it is used.
 * SPDX-License-Identifier: MIT
 *
 * tdb does not count its records, and reading all of them takes too long for
 * who answers.  Keys are hashed, so a part of the hash table holds its share of
 * the records, give or take a few. */
#include "cache/evict.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/evict_rank.h"

#define EVICT_CHAINS 256 /* of the hash table at a time: half a millisecond */
/* One store in so many looks at a part, so that all parts have been looked at
 * before a quarter of the records is new. */
#define EVICT_EACH 16
#define EVICT_SPREAD 16 /* records that a part may hold by chance */

struct candidate {
	char *key;
	struct evict_worth worth;
};

struct part {
	struct candidate *found;
	size_t n, room;
	int64_t now;
	uint32_t idle;
};

static bool add(const char *key, const void *data, size_t len, void *arg)
{
	struct part *p = arg;
	struct record r;

	/* What is damaged is worth nothing: r is empty then. */
	(void)!record_parse(&r, key, data, len);
	p->found = xgrow(p->found, p->n, &p->room, sizeof *p->found);
	p->found[p->n++] = (struct candidate){
	    .key = xstrdup(key), .worth = evict_worth(&r, p->now, p->idle)};
	return true;
}

static int by_worth(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	return evict_compare(&x->worth, &y->worth);
}

/* false: the change that was begun is to be undone. */
static bool drop(struct store *s, const struct candidate *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (store_drop(s, c[i].key, 0) == STORE_BROKEN)
			return false;
	return n > 0;
}

void evict_part(
    struct store *s, uint32_t max_entries, uint32_t idle, uint32_t place)
{
	uint32_t chains = store_chains(s), n = EVICT_CHAINS, parts, share,
		 spare;
	bool is_done = false;
	struct part p = {.now = clock_now(), .idle = idle};
	struct store_part part = {0};
	enum store_result result;

	if (chains == 0)
		return;
	parts = (chains + EVICT_CHAINS - 1) / EVICT_CHAINS;
	part.at = place % parts * EVICT_CHAINS;
	share = (uint32_t)((uint64_t)max_entries * EVICT_CHAINS / chains);
	spare = share / 4 + EVICT_SPREAD;
	/* A small file is looked at as a whole, and counted exactly. */
	if (max_entries <= EVICT_CHAINS) {
		part.at = 0;
		n = chains;
		share = max_entries;
		spare = share / 4;
	}
	/* All of it under one lock, which others wait for. */
	if (store_begin(s, 0) != STORE_OK)
		return;
	result = store_walk_some(s, &part, n, add, &p);
	if ((result == STORE_FOUND || result == STORE_MISS) &&
	    p.n > share + spare) {
		qsort(p.found, p.n, sizeof *p.found, by_worth);
		is_done = drop(s, p.found, p.n - share);
	}
	if (is_done)
		(void)store_commit(s);
	else
		store_cancel(s);
	for (size_t i = 0; i < p.n; i++)
		free(p.found[i].key);
	free(p.found);
}

void evict_now_and_then(struct store *s, uint32_t max_entries, uint32_t idle)
{
	uint64_t chance = (uint64_t)clock_us();
	uint32_t each = max_entries / EVICT_CHAINS;

	if (each > EVICT_EACH)
		each = EVICT_EACH;
	if (each > 1 && chance % each != 0)
		return;
	evict_part(s, max_entries, idle, (uint32_t)(chance / EVICT_EACH));
}
