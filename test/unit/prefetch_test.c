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
#include "cache/evict.h"
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

/* One of 70 records, each of another second. */
static void put_one(struct store *s, int i, enum sts_mode mode, uint32_t uses)
{
	struct record r;
	char key[32];

	record_init(&r);
	r.used = clock_now() - 100 + i;
	r.uses = uses;
	r.sts.checked = r.sts.fetched = clock_now();
	r.sts.policy = (struct sts_policy){.mode = mode,
	    .max_age = 86400,
	    .text = text,
	    .text_len = sizeof text - 1};
	snprintf(key, sizeof key, "domain%d.example", i);
	assert_int_equal(store_put(s, key, &r, clock_ms() + WAIT), STORE_OK);
}

static bool count_one(const char *key, const void *data, size_t len, void *arg)
{
	(void)key;
	(void)data;
	(void)len;
	++*(size_t *)arg;
	return true;
}

static size_t count(struct store *s)
{
	size_t n = 0;

	assert_int_equal(store_walk(s, count_one, &n), STORE_OK);
	return n;
}

static void remove_all(const char *dir)
{
	static const char *const suffixes[] = {
	    "", ".lock", ".mend", ".journal"};
	char name[128];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s/cache.tdb%s", dir, suffixes[i]);
		unlink(name);
	}
	rmdir(dir);
}

/* Ten enforced policies, then many that are not, or are of nobody. */
static void who_publishes_much_pushes_out_nobody(void **state)
{
	enum { FEW = 50, MANY = 70 };
	char dir[] = "/tmp/mxpolicy-prefetch-XXXXXX", path[128];
	struct store *s;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	s = store_open(path, FEW);
	for (int i = 0; i < MANY; i++) {
		put_one(s, i,
		    i < 10   ? STS_MODE_ENFORCE
		    : i < 15 ? STS_MODE_TESTING
			     : STS_MODE_NONE,
		    i == 20 ? 2 : 1);
		evict_now_and_then(s, FEW, 3600);
		assert_true(count(s) <= FEW + FEW / 4);
	}
	for (int i = 0; i < 15; i++)
		assert_true(is_kept(s, i));
	assert_true(is_kept(s, 20)); /* used more often than those after it */
	assert_true(is_kept(s, MANY - 1));
	assert_false(is_kept(s, 15));
	store_close(s);
	remove_all(dir);
}

/* A part of the file at a time, and nothing to do while there is room. */
static void a_large_cache_is_bounded_part_by_part(void **state)
{
	char dir[] = "/tmp/mxpolicy-prefetch-XXXXXX", path[128];
	struct store *s;
	size_t left;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	s = store_open(path, KEEP);
	fill(s, clock_now());
	for (uint32_t i = 0; i < 1000; i++)
		evict_part(s, RECORDS, 86400, i);
	assert_int_equal(count(s), RECORDS);
	for (uint32_t i = 0; i < 1000; i++)
		evict_part(s, KEEP, 86400, i);
	left = count(s);
	if (left < KEEP - KEEP / 4 || left > KEEP + KEEP / 4)
		fail_msg("%zu records", left);
	for (int i = 0; i < RECORDS; i += POLICY_EACH)
		assert_true(is_kept(s, i));
	store_close(s);
	remove_all(dir);
}

static void what_is_worth_least_goes_first(void **state)
{
	char dir[] = "/tmp/mxpolicy-prefetch-XXXXXX";
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

	/* All are due then, and there is no time for any; what nobody uses is
	 * not due. */
	run.until += 100000;
	assert_true(prefetch_run(&run, &sum));
	assert_int_equal(sum.due, RECORDS / DANE_EACH);
	assert_int_equal(sum.left, sum.due);
	assert_int_equal(sum.refreshed, 0);

	refresh_close(run.refresh);
	store_close(run.store);
	remove_all(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_worth_least_goes_first),
	    cmocka_unit_test(who_publishes_much_pushes_out_nobody),
	    cmocka_unit_test(a_large_cache_is_bounded_part_by_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
