/* prefetch: one run over the whole cache, between serving.
 * SPDX-License-Identifier: MIT */
#include "serve/prefetch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/evict_rank.h"
#include "cache/fresh.h"
#include "cache/prefetch_due.h"

#define PREFETCH_DROP_BATCH 100 /* records: others want to write, too */
#define PREFETCH_GATHER_MS 20	/* of findings that are stored at once */

/* A record that is due, or that may have to go. */
struct entry {
	char *key;
	struct evict_worth worth;
};

struct list {
	struct entry *entries;
	size_t n, room;
};

struct scan {
	const struct prefetch_run *run;
	struct prefetch_sum *sum;
	int64_t now;
	bool counts; /* into sum */
	bool all;    /* list every record, not only what is due */
	struct list list;
};

static void list_add(
    struct list *l, const char *key, const struct evict_worth *worth)
{
	l->entries = xgrow(l->entries, l->n, &l->room, sizeof *l->entries);
	l->entries[l->n++] = (struct entry){xstrdup(key), *worth};
}

static void list_clear(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->entries[i].key);
	free(l->entries);
	*l = (struct list){0};
}

static bool scan_one(const char *key, const void *data, size_t len, void *arg)
{
	struct scan *s = arg;
	struct record r;
	bool sound = record_parse(&r, key, data, len), due;
	/* What is damaged is worth nothing: r is empty then. */
	const struct evict_worth worth =
	    evict_worth(&r, s->now, s->run->config->prefetch_idle);

	due = sound && prefetch_due(&r, s->now, s->run->until,
			   s->run->config->prefetch_idle);
	if (s->counts) {
		s->sum->records++;
		s->sum->damaged += !sound;
		s->sum->policies += fresh_policy_alive(&r.sts, s->now);
	}
	if (s->all || due)
		list_add(&s->list, key, &worth);
	return true;
}

/* No two runs, and no two machines, ask in the same order. */
static void shuffle(struct list *l)
{
	srandom((unsigned)clock_ms());
	for (size_t i = l->n; i > 1; i--) {
		size_t j = (size_t)random() % i;
		struct entry e = l->entries[i - 1];

		l->entries[i - 1] = l->entries[j];
		l->entries[j] = e;
	}
}

static void show(const struct prefetch_run *run, size_t at, size_t of)
{
	if (run->progress != NULL)
		run->progress(at, of);
}

/* Findings that arrive within a moment are stored at once. */
static size_t gather(const struct prefetch_run *run)
{
	struct pollfd p[REFRESH_POLLS];

	refresh_poll(run->refresh, p);
	poll(p, REFRESH_POLLS, refresh_patience(run->refresh));
	poll(NULL, 0, PREFETCH_GATHER_MS);
	if (store_sync_is_due(run->store))
		store_sync(run->store);
	return refresh_handle(run->refresh);
}

static void refresh_list(const struct prefetch_run *run,
    const struct list *list, struct prefetch_sum *sum)
{
	const int64_t end = clock_ms() + run->start_ms;
	size_t next = 0, over = 0;

	show(run, 0, list->n);
	while (next < list->n || refresh_in_flight(run->refresh) > 0) {
		/* The next run goes on with what is due still. */
		if (next < list->n && clock_ms() >= end) {
			sum->left = (uint32_t)(list->n - next);
			over += list->n - next;
			next = list->n;
		}
		while (next < list->n &&
		       refresh_in_flight(run->refresh) < PREFETCH_LOOKUPS) {
			const char *key = list->entries[next].key;
			struct domain d;

			domain_parse(&d, key, strlen(key));
			if (d.kind == DOMAIN_REFUSED) {
				sum->failed++;
			} else if (refresh_start(run->refresh, &d, key,
				       run->until) == REFRESH_STARTED) {
				sum->refreshed++;
				next++;
				continue;
			} else {
				sum->elsewhere++;
			}
			next++;
			over++;
		}
		over += gather(run);
		show(run, over, list->n);
	}
}

static int by_worth(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return evict_compare(&x->worth, &y->worth);
}

/* Has it become worth more since it was listed? */
static bool has_grown(struct store *store, const struct entry *e, int64_t now)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;

	return store_get(store, e->key, &r, buf, 0) == STORE_FOUND &&
	       evict_rank(&r, now) > e->worth.rank;
}

/* In one batch, so that other writers get their turn. */
static enum store_result drop_some(
    const struct prefetch_run *run, const struct entry *e, size_t n)
{
	int64_t now = clock_now();
	enum store_result result =
	    store_begin(run->store, clock_ms() + STORE_WAIT_MS);

	if (result != STORE_OK)
		return result;
	for (size_t i = 0; i < n; i++)
		if (!has_grown(run->store, &e[i], now) &&
		    store_drop(run->store, e[i].key, 0) == STORE_BROKEN) {
			store_cancel(run->store);
			return STORE_BROKEN;
		}
	return store_commit(run->store);
}

/* Drop the least valuable.  What cannot be done now is left to the next run. */
static bool drop_excess(
    const struct prefetch_run *run, struct prefetch_sum *sum)
{
	uint32_t max = run->config->cache_max_entries;
	struct scan s = {
	    .run = run, .sum = sum, .now = clock_now(), .all = true};
	enum store_result result;
	size_t excess;

	result = store_walk(run->store, scan_one, &s);
	qsort(s.list.entries, s.list.n, sizeof s.list.entries[0], by_worth);
	excess = s.list.n > max ? s.list.n - max : 0;
	show(run, 0, excess);
	for (size_t i = 0; result == STORE_OK && i < excess;) {
		size_t n = excess - i < PREFETCH_DROP_BATCH
			       ? excess - i
			       : PREFETCH_DROP_BATCH;

		result = drop_some(run, s.list.entries + i, n);
		i += n;
		if (result == STORE_OK)
			sum->dropped = (uint32_t)i;
		show(run, i, excess);
	}
	list_clear(&s.list);
	return result != STORE_BROKEN;
}

/* Check the file, and mend it.  false: it cannot be used. */
static bool look_after(const struct prefetch_run *run, struct prefetch_sum *sum)
{
	switch (store_repair(run->store, &sum->saved)) {
	case STORE_OK:
	case STORE_FOUND:
		return true;
	case STORE_MISS:
		sum->mended = 1;
		return true;
	case STORE_BUSY:
	case STORE_BROKEN:
		break;
	}
	return false;
}

bool prefetch_run(const struct prefetch_run *run, struct prefetch_sum *sum)
{
	struct scan s = {
	    .run = run, .sum = sum, .now = clock_now(), .counts = true};
	bool ok;

	memset(sum, 0, sizeof *sum);
	if (!run->dry && !look_after(run, sum))
		return false;
	ok = store_walk(run->store, scan_one, &s) == STORE_OK;
	/* First, since what follows depends on others; and what is dropped is
	 * not refreshed. */
	if (ok && !run->dry && sum->records > run->config->cache_max_entries) {
		list_clear(&s.list);
		s.counts = false;
		ok = drop_excess(run, sum) &&
		     store_walk(run->store, scan_one, &s) == STORE_OK;
	}
	sum->due = (uint32_t)s.list.n;
	if (ok && run->tell != NULL)
		for (size_t i = 0; i < s.list.n; i++)
			run->tell(s.list.entries[i].key);
	if (ok && !run->dry) {
		shuffle(&s.list);
		refresh_list(run, &s.list, sum);
		sum->failed += (uint32_t)refresh_failed(run->refresh);
		/* The file keeps its length when records are dropped; less
		 * than a quarter is soon used again. */
		if (sum->dropped > sum->records / 4) {
			enum store_result packed = store_repack(run->store);

			sum->repacked = packed == STORE_OK;
			ok = packed != STORE_BROKEN;
		}
		(void)store_checkpoint(run->store);
	}
	list_clear(&s.list);
	return ok;
}
