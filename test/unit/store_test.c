/* store_test: the cache file, whole and damaged, with one process and two.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tdb.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "cache/store.h"
#include "cache/tdbfile.h"

enum { WAIT = 10000 }; /* ms, for a lock */

static char dir[] = "/tmp/mxpolicy-store-XXXXXX";
static char path[64];
static uint8_t buf[RECORD_MAX];

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	return 0;
}

static void remove_file(const char *suffix)
{
	char name[128];

	snprintf(name, sizeof name, "%s%s", path, suffix);
	unlink(name);
}

static int clean(void **state)
{
	(void)state;
	remove_file("");
	remove_file(".lock");
	remove_file(".journal");
	remove_file(".journal.old");
	remove_file(".new");
	remove_file(".pack");
	remove_file(".damaged");
	return 0;
}

static int remove_dir(void **state)
{
	clean(state);
	return rmdir(dir);
}

static void put_numbered(struct store *s, int i)
{
	struct record r;
	char key[32];

	record_init(&r);
	r.uses = (uint32_t)i;
	snprintf(key, sizeof key, "domain%d.example", i);
	assert_int_equal(store_put(s, key, &r, clock_ms() + WAIT), STORE_OK);
}

static bool has_numbered(struct store *s, int i)
{
	struct record r;
	char key[32];

	snprintf(key, sizeof key, "domain%d.example", i);
	return store_get(s, key, &r, buf, clock_ms() + WAIT) == STORE_FOUND &&
	       r.uses == (uint32_t)i;
}

static void what_is_put_is_there_after_reopening(void **state)
{
	struct store *s = store_open(path, 1000);
	struct record r;

	(void)state;
	assert_string_equal(store_trouble(s)->text, "");
	assert_int_equal(
	    store_get(s, "domain1.example", &r, buf, clock_ms() + WAIT),
	    STORE_MISS);
	put_numbered(s, 1);
	store_close(s);
	s = store_open(path, 1000);
	assert_true(has_numbered(s, 1));
	assert_int_equal(
	    store_drop(s, "domain1.example", clock_ms() + WAIT), STORE_OK);
	assert_int_equal(
	    store_drop(s, "domain1.example", clock_ms() + WAIT), STORE_MISS);
	assert_false(has_numbered(s, 1));
	store_close(s);
}

static void a_touch_counts_hours_and_keeps_the_rest(void **state)
{
	struct store *s = store_open(path, 1000);
	struct record r;

	(void)state;
	put_numbered(s, 5);
	assert_int_equal(
	    store_touch(s, "domain5.example", 1700000000, clock_ms() + WAIT),
	    STORE_OK);
	assert_int_equal(
	    store_get(s, "domain5.example", &r, buf, clock_ms() + WAIT),
	    STORE_FOUND);
	assert_int_equal(r.used, 1700000000);
	assert_int_equal(r.uses, 6);
	assert_int_equal(
	    store_touch(s, "absent.example", 1700000000, clock_ms() + WAIT),
	    STORE_MISS);
	store_close(s);
}

static void a_cancelled_batch_changes_nothing(void **state)
{
	struct store *s = store_open(path, 1000);

	(void)state;
	assert_int_equal(store_begin(s, clock_ms() + WAIT), STORE_OK);
	put_numbered(s, 1);
	store_cancel(s);
	assert_false(has_numbered(s, 1));
	assert_int_equal(store_begin(s, clock_ms() + WAIT), STORE_OK);
	put_numbered(s, 1);
	put_numbered(s, 2);
	assert_int_equal(store_commit(s), STORE_OK);
	assert_true(has_numbered(s, 1));
	assert_true(has_numbered(s, 2));
	store_close(s);
}

static bool count_one(const char *key, const void *data, size_t len, void *arg)
{
	struct record r;

	assert_true(record_parse(&r, key, data, len));
	++*(int *)arg;
	return true;
}

static bool stop_at_once(
    const char *key, const void *data, size_t len, void *arg)
{
	(void)key;
	(void)data;
	(void)len;
	++*(int *)arg;
	return false;
}

static void a_walk_sees_each_record_once_and_can_stop(void **state)
{
	struct store *s = store_open(path, 1000);
	int n = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		put_numbered(s, i);
	assert_int_equal(store_walk(s, count_one, &n), STORE_OK);
	assert_int_equal(n, 100);
	n = 0;
	assert_int_equal(store_walk(s, stop_at_once, &n), STORE_OK);
	assert_int_equal(n, 1);
	store_close(s);
}

/* Two processes write the same keys by turns; nothing is lost or torn. */
static void two_processes_never_tread_on_each_other(void **state)
{
	struct store *s;
	int status;
	pid_t child = fork();

	(void)state;
	s = store_open(path, 1000);
	for (int i = 0; i < 200; i++) {
		int mine = child == 0 ? i * 2 : i * 2 + 1;
		struct record r;

		put_numbered(s, mine);
		record_init(&r);
		r.uses = 4711;
		if (store_put(s, "shared.example", &r, clock_ms() + WAIT) !=
			STORE_OK ||
		    store_get(s, "shared.example", &r, buf,
			clock_ms() + WAIT) != STORE_FOUND ||
		    r.uses != 4711)
			abort();
	}
	store_close(s);
	if (child == 0)
		_exit(0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	s = store_open(path, 1000);
	for (int i = 0; i < 400; i++)
		assert_true(has_numbered(s, i));
	store_close(s);
}

static void scribble(off_t from, off_t to, const char *with)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	for (off_t at = from; at < to; at += (off_t)strlen(with))
		assert_true(pwrite(fd, with, strlen(with), at) > 0);
	close(fd);
}

/* Where in the file the key of a numbered record is; tdb leaves most of a young
 * file free, so the middle of it would be no place to damage. */
static off_t find_numbered(int i)
{
	static char all[8 << 20];
	char key[32];
	FILE *f = fopen(path, "r");
	size_t n = fread(all, 1, sizeof all, f);
	char *at;

	fclose(f);
	snprintf(key, sizeof key, "domain%d.example", i);
	at = memmem(all, n, key, strlen(key));
	assert_non_null(at);
	return at - all;
}

static void fill(int n)
{
	struct store *s = store_open(path, 1000);

	assert_int_equal(store_begin(s, clock_ms() + WAIT), STORE_OK);
	for (int i = 0; i < n; i++)
		put_numbered(s, i);
	assert_int_equal(store_commit(s), STORE_OK);
	/* From here on the journal knows nothing of them. */
	assert_int_equal(store_checkpoint(s), STORE_OK);
	store_close(s);
}

static int count_kept(struct store *s, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++)
		kept += has_numbered(s, i);
	return kept;
}

/* tdb opens a file but once in a process. */
static pid_t hold_open(int ready[2], int go[2])
{
	char byte = 'x';
	pid_t child;

	assert_int_equal(pipe(ready) | pipe(go), 0);
	child = fork();
	if (child == 0) {
		struct store *s = store_open(path, 1000);

		if (!has_numbered(s, 1) || write(ready[1], &byte, 1) != 1 ||
		    read(go[0], &byte, 1) != 1)
			_exit(1);
		put_numbered(s, 1000);
		_exit(has_numbered(s, 1000) ? 0 : 2);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	return child;
}

static void a_scribbled_file_is_mended_with_what_can_be_saved(void **state)
{
	int ready[2], go[2], status;
	struct store *s;
	uint32_t saved;
	pid_t running;
	off_t at;

	(void)state;
	fill(500);
	running = hold_open(ready, go);
	at = find_numbered(250);
	scribble(at, at + 2000, "scribble");
	/* A record that tdb finds sound and that is none of ours. */
	at = find_numbered(100) + (off_t)strlen("domain100.example");
	scribble(at, at + 4, "xxxx");
	s = store_open(path, 1000);
	assert_int_equal(store_repair(s, &saved), STORE_MISS);
	assert_in_range(saved, 400, 499);
	assert_int_equal(count_kept(s, 500), saved);
	assert_int_equal(store_repair(s, &saved), STORE_OK);
	/* A process that had the old file open writes to the new one. */
	assert_int_equal(write(go[1], "x", 1), 1);
	assert_int_equal(waitpid(running, &status, 0), running);
	assert_int_equal(status, 0);
	assert_true(has_numbered(s, 1000));
	store_close(s);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
}

static void a_truncated_file_costs_no_more_than_what_was_cut(void **state)
{
	struct store *s;
	uint32_t saved;

	(void)state;
	fill(500);
	assert_int_equal(truncate(path, find_numbered(250)), 0);
	s = store_open(path, 1000);
	store_repair(s, &saved);
	assert_in_range(count_kept(s, 500), 200, 499);
	put_numbered(s, 1000);
	assert_true(has_numbered(s, 1000));
	store_close(s);
}

/* Who meets damage mends it, and answers from what is there then. */
static void damage_that_is_met_is_mended_at_once(void **state)
{
	struct store *s;
	off_t at;

	(void)state;
	fill(500);
	at = find_numbered(100);
	scribble(at, at + 20000, "x");
	s = store_open(path, 1000);
	assert_in_range(count_kept(s, 500), 300, 499);
	assert_true(store_is_sound(s));
	put_numbered(s, 1000);
	assert_true(has_numbered(s, 1000));
	store_close(s);
}

/* What was put since the journal was emptied comes back from it. */
static void damage_costs_nothing_that_the_journal_has(void **state)
{
	struct store *s;
	off_t at;

	(void)state;
	fill(300);
	s = store_open(path, 1000);
	for (int i = 300; i < 500; i++)
		put_numbered(s, i);
	at = find_numbered(400);
	scribble(at, at + 2000, "x");
	at = find_numbered(310) - 4; /* tdb's magic of the record */
	scribble(at, at + 4, "xxxx");
	assert_int_equal(count_kept(s, 500), 500);
	assert_true(store_is_sound(s));
	store_close(s);
}

static bool count_any(const char *key, const void *data, size_t len, void *arg)
{
	(void)key;
	(void)data;
	(void)len;
	++*(int *)arg;
	return true;
}

static void is_stored(
    struct tdb_context *tdb, const char *key, size_t key_len, size_t len)
{
	TDB_DATA k = {(unsigned char *)(uintptr_t)key, key_len};
	TDB_DATA data = {calloc(1, len), len};

	assert_non_null(data.dptr);
	assert_int_equal(tdb_store(tdb, k, data, TDB_INSERT), 0);
	free(data.dptr);
}

/* Keys and records longer than ours, in a file that is sound as a tdb. */
static void what_is_too_long_is_left_out(void **state)
{
	static char long_key[1 << 20];
	struct tdb_context *tdb;
	struct record r;
	struct store *s;
	uint32_t saved;
	int seen = 0;
	off_t at;

	(void)state;
	memset(long_key, 'k', sizeof long_key);
	fill(500);
	tdb = tdbfile_open(path, 1000, O_RDWR);
	assert_non_null(tdb);
	is_stored(tdb, "large.example", strlen("large.example"), 16 << 20);
	is_stored(tdb, long_key, sizeof long_key, 100);
	tdb_close(tdb);
	s = store_open(path, 1000);
	assert_int_equal(
	    store_get(s, "large.example", &r, buf, clock_ms() + WAIT),
	    STORE_MISS);
	assert_int_equal(store_walk(s, count_any, &seen), STORE_OK);
	assert_int_equal(seen, 501);
	at = find_numbered(250) - 4;
	scribble(at, at + 4, "xxxx");
	assert_int_equal(store_repair(s, &saved), STORE_MISS);
	assert_int_equal(saved, count_kept(s, 500));
	store_close(s);
}

static void what_is_no_tdb_is_moved_aside(void **state)
{
	char aside[128];
	struct store *s;
	FILE *f = fopen(path, "w");

	(void)state;
	fputs("not a tdb but somebody's file\n", f);
	fclose(f);
	s = store_open(path, 1000);
	assert_string_equal(store_trouble(s)->text, "");
	put_numbered(s, 1);
	assert_true(has_numbered(s, 1));
	store_close(s);
	snprintf(aside, sizeof aside, "%s.damaged", path);
	assert_int_equal(access(aside, F_OK), 0);
}

static void an_empty_file_becomes_a_cache(void **state)
{
	struct store *s;

	(void)state;
	close(open(path, O_CREAT | O_WRONLY, 0600));
	s = store_open(path, 1000);
	put_numbered(s, 1);
	assert_true(has_numbered(s, 1));
	store_close(s);
}

static void no_directory_is_a_broken_store_that_says_why(void **state)
{
	struct store *s = store_open("/nonexistent/mxpolicy/cache.tdb", 1000);
	struct record r;

	(void)state;
	assert_non_null(strstr(store_trouble(s)->text, "/nonexistent"));
	assert_int_equal(store_get(s, "a.example", &r, buf, clock_ms() + WAIT),
	    STORE_BROKEN);
	record_init(&r);
	assert_int_equal(
	    store_put(s, "a.example", &r, clock_ms() + WAIT), STORE_BROKEN);
	assert_int_equal(
	    store_touch(s, "a.example", 1, clock_ms() + WAIT), STORE_BROKEN);
	store_close(s);
}

static void a_store_heals_when_its_directory_appears(void **state)
{
	struct store *s;

	(void)state;
	assert_int_equal(rmdir(dir), 0);
	s = store_open(path, 1000);
	assert_false(store_is_writable(s));
	assert_int_equal(mkdir(dir, 0700), 0);
	store_refresh(s);
	assert_true(store_is_writable(s));
	put_numbered(s, 1);
	store_close(s);
}

/* Root passes every permission: the child becomes somebody else. */
static void a_file_that_cannot_be_written_is_read(void **state)
{
	int status;
	pid_t child;

	(void)state;
	fill(3);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	child = fork();
	if (child == 0) {
		struct store *s;
		struct record r;

		if (geteuid() == 0 && setuid(65534) != 0)
			_exit(9);
		s = store_open(path, 1000);
		record_init(&r);
		if (store_is_writable(s) || !has_numbered(s, 2) ||
		    store_trouble(s)->text[0] == '\0')
			_exit(1);
		if (store_put(s, "a.example", &r, clock_ms() + WAIT) !=
		    STORE_BROKEN)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void a_walk_in_parts_sees_each_record_once(void **state)
{
	struct store *s = store_open(path, 20000);
	struct store_part part = {0};
	enum store_result result;
	int seen = 0, parts = 0;

	(void)state;
	assert_int_equal(store_begin(s, clock_ms() + WAIT), STORE_OK);
	for (int i = 0; i < 5000; i++)
		put_numbered(s, i);
	assert_int_equal(store_commit(s), STORE_OK);
	do {
		result = store_walk_part(s, &part, count_one, &seen);
		assert_int_not_equal(result, STORE_BROKEN);
		/* Between two parts it can be written. */
		put_numbered(s, 0);
		parts++;
	} while (result == STORE_FOUND);
	assert_int_equal(seen, 5000);
	assert_in_range(parts, 2, 40);
	assert_int_equal(part.at, part.of);
	store_close(s);
}

static void a_reader_changes_nothing(void **state)
{
	struct store *s = store_open_read(path, 1000);
	struct store_part part = {0};
	uint64_t file, index;
	struct record r;
	int seen = 0;

	(void)state;
	assert_int_equal(store_get(s, "a.example", &r, buf, clock_ms() + WAIT),
	    STORE_BROKEN);
	assert_non_null(strstr(store_trouble(s)->text, "No such file"));
	assert_int_equal(access(path, F_OK), -1);
	assert_false(store_is_sound(s));
	assert_false(store_size(s, &file, &index));
	store_close(s);

	s = store_open(path, 1000);
	put_numbered(s, 1);
	store_close(s);
	s = store_open_read(path, 1000);
	assert_true(has_numbered(s, 1));
	assert_false(store_is_writable(s));
	assert_int_equal(
	    store_drop(s, "domain1.example", clock_ms() + WAIT), STORE_BROKEN);
	assert_int_equal(store_walk(s, count_one, &seen), STORE_OK);
	assert_int_equal(
	    store_walk_part(s, &part, count_one, &seen), STORE_MISS);
	assert_int_equal(seen, 2);
	assert_true(store_is_sound(s));
	assert_true(store_size(s, &file, &index));
	assert_in_range(index, 1009 * 4, file);
	store_close(s);
}

static void a_reader_leaves_damage_alone(void **state)
{
	struct store *s = store_open(path, 1000);
	struct stat before, after;
	int fd;

	(void)state;
	put_numbered(s, 1);
	store_close(s);
	fd = open(path, O_WRONLY);
	assert_int_equal(pwrite(fd, "no tdb", 7, 0), 7);
	fstat(fd, &before);
	close(fd);
	s = store_open_read(path, 1000);
	assert_non_null(strstr(store_trouble(s)->text, "damaged"));
	store_close(s);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_size, before.st_size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		what_is_put_is_there_after_reopening, clean),
	    cmocka_unit_test_teardown(
		a_touch_counts_hours_and_keeps_the_rest, clean),
	    cmocka_unit_test_teardown(a_cancelled_batch_changes_nothing, clean),
	    cmocka_unit_test_teardown(
		a_walk_sees_each_record_once_and_can_stop, clean),
	    cmocka_unit_test_teardown(
		a_walk_in_parts_sees_each_record_once, clean),
	    cmocka_unit_test_teardown(a_reader_changes_nothing, clean),
	    cmocka_unit_test_teardown(a_reader_leaves_damage_alone, clean),
	    cmocka_unit_test_teardown(
		two_processes_never_tread_on_each_other, clean),
	    cmocka_unit_test_teardown(
		a_scribbled_file_is_mended_with_what_can_be_saved, clean),
	    cmocka_unit_test_teardown(
		a_truncated_file_costs_no_more_than_what_was_cut, clean),
	    cmocka_unit_test_teardown(
		damage_that_is_met_is_mended_at_once, clean),
	    cmocka_unit_test_teardown(
		damage_costs_nothing_that_the_journal_has, clean),
	    cmocka_unit_test_teardown(what_is_too_long_is_left_out, clean),
	    cmocka_unit_test_teardown(what_is_no_tdb_is_moved_aside, clean),
	    cmocka_unit_test_teardown(an_empty_file_becomes_a_cache, clean),
	    cmocka_unit_test_teardown(
		no_directory_is_a_broken_store_that_says_why, clean),
	    cmocka_unit_test_teardown(
		a_store_heals_when_its_directory_appears, clean),
	    cmocka_unit_test_teardown(
		a_file_that_cannot_be_written_is_read, clean),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
