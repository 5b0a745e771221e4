/* fill: put made-up records into a cache, for benchmarks of the programs.
 * SPDX-License-Identifier: MIT
 *
 * usage: fill CACHE MAX-ENTRIES fresh N | fill CACHE MAX-ENTRIES due N DOMAIN
 *
 * fresh: N domains of which nothing is due.  due: d1.DOMAIN to dN.DOMAIN, asked
 * for a moment ago, all due.
 */
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "cache/store.h"
#include "sample.h"

#define FILL_BATCH 1000 /* records at once */

enum { WAIT = 10000 }; /* ms, for a lock */

static struct store *store;

static void need(enum store_result result)
{
	if (result == STORE_OK)
		return;
	fprintf(stderr, "fill: %s\n", store_trouble(store)->text);
	exit(1);
}

static void make_due(struct record *r, int64_t now)
{
	r->used = now;
	r->uses = 5;
	r->dane.asof = r->dane.checked = now - 7200;
	r->dane.due = now - 60;
	r->sts.checked = r->dane.checked;
	r->sts.due = r->dane.due;
}

static void fill(uint32_t n, const char *due_below)
{
	int64_t now = time(NULL);
	char key[DOMAIN_KEY_MAX + 1], text[SAMPLE_TEXT];
	struct record r;

	for (uint32_t i = 1; i <= n; i++) {
		if (i % FILL_BATCH == 1)
			need(store_begin(store, clock_ms() + WAIT));
		if (due_below != NULL) {
			snprintf(key, sizeof key, "d%u.%s", i, due_below);
			sample_record(0, key, now, &r, text);
			make_due(&r, now);
		} else {
			sample_key(i, key);
			sample_record(i, key, now, &r, text);
		}
		need(store_put(store, key, &r, clock_ms() + WAIT));
		if (i % FILL_BATCH == 0 || i == n)
			need(store_commit(store));
	}
}

int main(int argc, char **argv)
{
	bool due = argc == 6 && strcmp(argv[3], "due") == 0;

	if (!due && (argc != 5 || strcmp(argv[3], "fresh") != 0)) {
		fprintf(stderr, "usage: fill CACHE MAX-ENTRIES fresh N | "
				"fill CACHE MAX-ENTRIES due N DOMAIN\n");
		return 64;
	}
	store = store_open(argv[1], (uint32_t)strtoul(argv[2], NULL, 10));
	fill((uint32_t)strtoul(argv[4], NULL, 10), due ? argv[5] : NULL);
	store_close(store);
	return 0;
}
