/* store_lock_test: the cache while others hold its lock, died with it, cut the
 * file, or booted the machine.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "cache/page.h"
#include "cache/store.h"
#include "cache/tdbfile.h"
#include "count/guard.h"

enum { WAIT = 10000, SOON = 100 }; /* ms, for a lock */

static char dir[] = "/tmp/mxpolicy-storelock-XXXXXX";
static char path[64];
static uint8_t buf[RECORD_MAX];
static struct store *s;

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

static void put(struct store *to, const char *key, uint32_t uses)
{
	struct record r;

	record_init(&r);
	r.uses = uses;
	assert_int_equal(store_put(to, key, &r, clock_ms() + WAIT), STORE_OK);
}

static uint32_t uses_of(const char *key)
{
	struct record r;

	return store_get(s, key, &r, buf, clock_ms() + WAIT) == STORE_FOUND
		   ? r.uses
		   : 0;
}

static int open_store(void **state)
{
	(void)state;
	s = store_open(path, 1000);
	put(s, "there.example", 7);
	return 0;
}

static int close_store(void **state)
{
	static const char *const suffixes[] = {"", ".lock", ".journal",
	    ".journal.old", ".new", ".pack", ".damaged"};
	char name[128];

	(void)state;
	store_close(s);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
	return 0;
}

static enum store_result get_soon(const char *key)
{
	struct record r;

	return store_get(s, key, &r, buf, clock_ms() + SOON);
}

static enum store_result put_soon(const char *key)
{
	struct record r;

	record_init(&r);
	return store_put(s, key, &r, clock_ms() + SOON);
}

/* A child that takes the lock, does what it is told, and stays. */
static pid_t hold(void (*then)(struct page_cells *))
{
	int ready[2];
	char byte = 'y';
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct page *p = store_page(s);

		if (page_lock(p, PAGE_WRITER, clock_ms() + WAIT) != PAGE_MINE)
			_exit(1);
		if (then != NULL)
			then(p->cells);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void end(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void who_reads_needs_no_lock(void **state)
{
	pid_t child = hold(NULL);

	(void)state;
	assert_int_equal(get_soon("there.example"), STORE_FOUND);
	assert_int_equal(get_soon("absent.example"), STORE_MISS);
	assert_int_equal(put_soon("new.example"), STORE_BUSY);
	assert_string_not_equal(store_trouble(s)->text, "");
	assert_int_equal(
	    store_drop(s, "there.example", clock_ms() + SOON), STORE_BUSY);
	assert_int_equal(
	    store_touch(s, "there.example", 1, clock_ms() + SOON), STORE_BUSY);
	assert_int_equal(store_begin(s, clock_ms() + SOON), STORE_BUSY);
	end(child);
	assert_int_equal(put_soon("new.example"), STORE_OK);
	assert_int_equal(get_soon("new.example"), STORE_FOUND);
}

static uint64_t chain;

static void leave_half_changed(struct page_cells *cells)
{
	page_set(&cells->where, chain);
	page_set(&cells->changes, page_get(&cells->changes) + 1);
}

/* The chain where a key would be: the one of which a change makes it BUSY. */
static void a_miss_counts_only_where_nobody_changes(void **state)
{
	struct tdb_context *other;
	char copy[80];
	pid_t child;

	(void)state;
	/* The hash table is as large in any file for so many entries. */
	snprintf(copy, sizeof copy, "%s/other.tdb", dir);
	other = tdbfile_open(copy, 1000, O_RDWR | O_CREAT);
	assert_non_null(other);
	for (chain = 0; !tdbfile_is_at(other, "absent.example", chain);)
		chain++;
	assert_false(tdbfile_is_at(other, "elsewhere.example", chain));
	assert_false(tdbfile_is_at(other, "there.example", chain));
	unlink(copy);
	child = hold(leave_half_changed);
	assert_int_equal(get_soon("absent.example"), STORE_BUSY);
	assert_int_equal(get_soon("elsewhere.example"), STORE_MISS);
	assert_int_equal(get_soon("there.example"), STORE_FOUND);
	/* Who finds the lock free knows that the other died, and mends. */
	end(child);
	assert_int_equal(get_soon("absent.example"), STORE_MISS);
	assert_int_equal(page_get(&store_page(s)->cells->changes) % 2, 0);
	assert_int_equal(uses_of("there.example"), 7);
}

/* A hang costs its time once. */
static void a_lock_that_hangs_is_not_waited_for_again(void **state)
{
	struct page *p = store_page(s);
	pid_t child = hold(NULL);

	(void)state;
	assert_int_equal(
	    page_lock(p, PAGE_WRITER, clock_ms() + PAGE_STUCK_AFTER_MS),
	    PAGE_BUSY);
	assert_true(p->stuck_until > clock_ms());
	assert_int_equal(put_soon("new.example"), STORE_BUSY);
	end(child);
	assert_int_equal(put_soon("new.example"), STORE_OK);
	assert_int_equal(p->stuck_until, 0);
}

/* Whatever part is cut off: an answer, and no signal. */
static void a_file_that_is_cut_is_mended_or_done_without(void **state)
{
	static const off_t lengths[] = {0, 100, 4096, 8192, 40000};
	struct record r;
	uint32_t saved;

	(void)state;
	/* cmocka handles SIGBUS itself at the start of a test. */
	guard_unmap(guard_map(store_page(s)->fd, 4096, false));
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		for (int k = 0; k < 300; k++) {
			char key[32];

			snprintf(key, sizeof key, "d%d.example", k);
			put(s, key, 3);
		}
		assert_int_equal(truncate(path, lengths[i]), 0);
		for (int k = 0; k < 300; k++) {
			char key[32];

			snprintf(key, sizeof key, "d%d.example", k);
			/* The journal has them all. */
			assert_int_equal(uses_of(key), 3);
		}
		put(s, "after.example", 9);
		assert_int_equal(uses_of("after.example"), 9);
		/* It may be free room alone that was cut off. */
		assert_in_range(store_repair(s, &saved), STORE_OK, STORE_MISS);
		assert_true(store_is_sound(s));
	}
	snprintf((char *)buf, sizeof buf, "%s.lock", path);
	assert_int_equal(truncate((char *)buf, 0), 0);
	assert_int_equal(get_soon("there.example"), STORE_BROKEN);
	record_init(&r);
	assert_int_equal(put_soon("there.example"), STORE_BROKEN);
	store_refresh(s);
	assert_int_equal(uses_of("after.example"), 9);
}

static void a_cache_that_was_removed_by_hand_stays_away(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	store_refresh(s);
	assert_int_equal(get_soon("there.example"), STORE_MISS);
	put(s, "new.example", 1);
	assert_int_equal(uses_of("new.example"), 1);
}

/* What the file lost with the power, the journal has. */
static void another_boot_plays_the_journal_back(void **state)
{
	struct page_cells *cells = store_page(s)->cells;

	(void)state;
	page_set(&cells->boot[0], page_get(&cells->boot[0]) ^ 1);
	page_set(&cells->began, 0);
	store_close(s);
	assert_int_equal(unlink(path), 0);
	s = store_open(path, 1000);
	assert_int_equal(uses_of("there.example"), 7);
	assert_true(page_is_of_this_boot(store_page(s)));
}

/* Two records of a key are in the file, one is seen. */
static bool count_one(const char *key, const void *data, size_t len, void *arg)
{
	struct record r;

	assert_true(record_parse(&r, key, data, len));
	assert_int_equal(r.uses, 8);
	++*(int *)arg;
	return true;
}

static void of_two_places_the_newer_one_is_seen(void **state)
{
	int seen = 0;

	(void)state;
	store_sync(s);
	assert_false(store_is_unsynced(s));
	put(s, "there.example", 8);
	assert_true(store_is_unsynced(s));
	assert_int_equal(uses_of("there.example"), 8);
	assert_int_equal(store_walk(s, count_one, &seen), STORE_OK);
	assert_int_equal(seen, 1);
	assert_int_equal(
	    store_drop(s, "there.example", clock_ms() + WAIT), STORE_OK);
	assert_int_equal(get_soon("there.example"), STORE_MISS);
}

static bool count_any(const char *key, const void *data, size_t len, void *arg)
{
	struct record r;

	assert_true(record_parse(&r, key, data, len));
	++*(int *)arg;
	return true;
}

/* The newer record is where this process has not mapped the file yet. */
static void a_walk_follows_a_file_that_has_grown(void **state)
{
	int status, seen = 0;
	pid_t child;

	(void)state;
	store_sync(s);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 2000; i++) {
			char key[32];

			snprintf(key, sizeof key, "d%d.example", i);
			put(s, key, 3);
		}
		put(s, "there.example", 8);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(store_walk(s, count_any, &seen), STORE_OK);
	assert_int_equal(seen, 2001);
	assert_int_equal(uses_of("there.example"), 8);
}

/* ---- of two that store the same domain ---- */

static const char text[] = "version: STSv1\nmode: enforce\nmx: a.example\n"
			   "max_age: 86400\n";

static struct record found_at(int64_t when, bool policy)
{
	struct record r;

	record_init(&r);
	r.dane.checked = r.dane.asof = r.sts.checked = when;
	if (policy) {
		r.sts.fetched = when;
		r.sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
		    .max_age = 86400,
		    .text = text,
		    .text_len = sizeof text - 1};
	}
	return r;
}

static void a_later_policy_stands(void **state)
{
	struct record first = found_at(1000, true);
	struct record without = found_at(2000, false);
	struct record r;

	(void)state;
	without.used = 500;
	assert_int_equal(
	    store_put(s, "both.example", &first, clock_ms() + WAIT), STORE_OK);
	/* It was begun before the policy was there, and found none. */
	without.sts.failed = true;
	assert_int_equal(
	    store_put(s, "both.example", &without, clock_ms() + WAIT),
	    STORE_OK);
	assert_int_equal(store_get(s, "both.example", &r, buf, 0), STORE_FOUND);
	assert_int_equal(r.sts.fetched, 1000);
	assert_int_equal(r.dane.checked, 2000);
	assert_int_equal(r.used, 500);
	/* When it has expired it goes. */
	without.sts.checked = without.dane.checked = 1000 + 86400;
	assert_int_equal(
	    store_put(s, "both.example", &without, clock_ms() + WAIT),
	    STORE_OK);
	assert_int_equal(store_get(s, "both.example", &r, buf, 0), STORE_FOUND);
	assert_int_equal(r.sts.fetched, 0);
}

static void of_each_half_the_newer_one_stands(void **state)
{
	struct record a = found_at(3000, false), b = found_at(2000, false);
	struct record r;

	(void)state;
	a.dane.checked = 1000;
	assert_int_equal(
	    store_put(s, "both.example", &a, clock_ms() + WAIT), STORE_OK);
	assert_int_equal(
	    store_put(s, "both.example", &b, clock_ms() + WAIT), STORE_OK);
	assert_int_equal(store_get(s, "both.example", &r, buf, 0), STORE_FOUND);
	assert_int_equal(r.dane.checked, 2000);
	assert_int_equal(r.sts.checked, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name)                                                             \
	cmocka_unit_test_setup_teardown(name, open_store, close_store)
	    CASE(who_reads_needs_no_lock),
	    CASE(a_miss_counts_only_where_nobody_changes),
	    CASE(a_lock_that_hangs_is_not_waited_for_again),
	    CASE(a_file_that_is_cut_is_mended_or_done_without),
	    CASE(a_cache_that_was_removed_by_hand_stays_away),
	    CASE(another_boot_plays_the_journal_back),
	    CASE(of_two_places_the_newer_one_is_seen),
	    CASE(a_walk_follows_a_file_that_has_grown),
	    CASE(a_later_policy_stands),
	    CASE(of_each_half_the_newer_one_stands),
#undef CASE
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
