/* prefetch_test: the bounds of a cache of 20 000 records.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "serve/prefetch.h"

enum { WAIT = 10000 }; /* ms, for a lock */
enum { RECORDS = 20000, KEEP = 5000, POLICY_EACH = 20, DANE_EACH = 10 };

static const char text[] = "version: STSv1\nmode: enforce\nmx: a.example\n"
			   "max_age: 86400\n";
static struct config config;

/* Every 20th has a policy, every 10th DANE, the others nothing; the higher its
 * number, the later a record was used. */
static void fill(struct store *s, int64_t now)
{
	for (int i = 0; i < RECORDS; i++) {
		struct record r;
		char key[32];

		record_init(&r);
		r.used = now - RECORDS + i;
		r.dane.asof = r.dane.checked = r.sts.checked = now;
		r.dane.due = r.sts.due = now + 80000;
		r.dane.last.usable = i % DANE_EACH == 0;
		if (i % POLICY_EACH == 0) {
			r.sts.fetched = now;
			r.sts.policy =
			    (struct sts_policy){.mode = STS_MODE_ENFORCE,
				.max_age = 86400,
				.text = text,
				.text_len = sizeof text - 1};
		}
		snprintf(key, sizeof key, "domain%d.example", i);
		if (i % 1000 == 0)
			assert_int_equal(
			    store_begin(s, clock_ms() + WAIT), STORE_OK);
		assert_int_equal(
		    store_put(s, key, &r, clock_ms() + WAIT), STORE_OK);
		if (i % 1000 == 999)
			assert_int_equal(store_commit(s), STORE_OK);
	}
}

static bool is_kept(struct store *s, int i)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;
	char key[32];

	snprintf(key, sizeof key, "domain%d.example", i);
	return store_get(s, key, &r, buf, clock_ms() + WAIT) == STORE_FOUND;
}

static off_t size_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

static void what_is_worth_least_goes_first(void **state)
{
	char dir[] = "/tmp/mxpolicy-prefetch-XXXXXX", name[128];
	static const char *const suffixes[] = {"", ".lock", ".journal"};
	struct prefetch_run run = {.config = &config};
	struct prefetch_sum sum;
	off_t before;

	(void)state;
	assert_non_null(mkdtemp(dir));
	config_init(&config);
	config.cache_max_entries = RECORDS;
	snprintf(config.cache, sizeof config.cache, "%s/cache.tdb", dir);
	run.until = clock_now();
	run.store = store_open(config.cache, RECORDS);
	run.refresh = refresh_open(
	    &config, run.store, &(const struct refresh_options){.max = 4});
	fill(run.store, run.until);
	before = size_of(config.cache);

	assert_true(prefetch_run(&run, &sum));
	assert_int_equal(sum.records, RECORDS);
	assert_int_equal(sum.policies, RECORDS / POLICY_EACH);
	assert_int_equal(sum.dropped, 0);

	config.cache_max_entries = KEEP;
	assert_true(prefetch_run(&run, &sum));
	assert_int_equal(sum.dropped, RECORDS - KEEP);
	assert_true(sum.repacked);
	assert_true(size_of(config.cache) < before / 2);
	/* 1000 policies, 1000 more with DANE, and of the 18 000 others
	 * the 3000 that were used last. */
	for (int i = 0; i < RECORDS; i++) {
		bool others_kept = i >= RECORDS - 3000 * 10 / 9;

		if (is_kept(run.store, i) !=
		    (i % DANE_EACH == 0 || others_kept))
			fail_msg("domain %d", i);
	}
	assert_true(prefetch_run(&run, &sum));
	assert_int_equal(sum.records, KEEP);
	assert_int_equal(sum.policies, RECORDS / POLICY_EACH);

	refresh_close(run.refresh);
	store_close(run.store);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s/cache.tdb%s", dir, suffixes[i]);
		unlink(name);
	}
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_worth_least_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
