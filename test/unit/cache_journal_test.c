/* cache_journal_test: the journal of the cache, whole, torn and cut.
 * SPDX-License-Identifier: MIT */
#include <fcntl.h>
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
#include "cache/journal.h"

static char dir[] = "/tmp/mxpolicy-journal-XXXXXX";
static char cache[64], journal[80], old[80];
static uint8_t buf[JOURNAL_ENTRY_MAX];

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(cache, sizeof cache, "%s/cache.tdb", dir);
	snprintf(journal, sizeof journal, "%s" JOURNAL_SUFFIX, cache);
	snprintf(old, sizeof old, "%s" JOURNAL_OLD_SUFFIX, cache);
	return 0;
}

static int clean(void **state)
{
	(void)state;
	unlink(journal);
	unlink(old);
	return 0;
}

static int remove_dir(void **state)
{
	clean(state);
	return rmdir(dir);
}

/* The content of entry i follows from i. */
static size_t make_entry(uint64_t i)
{
	static uint8_t content[RECORD_MAX];
	struct journal_entry e = {
	    .kind = i % 5 == 4 ? JOURNAL_DROP : JOURNAL_PUT,
	    .serial = i,
	    .record = content};

	snprintf(e.key, sizeof e.key, "d%u.example", (unsigned)i);
	if (e.kind == JOURNAL_PUT)
		e.len = i % 7 == 6 ? RECORD_MAX : i * 31 % 900;
	memset(content, (int)(i % 251), e.len);
	return journal_format(&e, buf);
}

static bool is_next(const struct journal_entry *e, void *arg)
{
	uint64_t *i = arg;
	char key[32];

	snprintf(key, sizeof key, "d%u.example", (unsigned)*i);
	assert_int_equal(e->serial, *i);
	assert_string_equal(e->key, key);
	assert_int_equal(e->kind, *i % 5 == 4 ? JOURNAL_DROP : JOURNAL_PUT);
	for (size_t k = 0; k < e->len; k++)
		assert_int_equal(e->record[k], *i % 251);
	++*i;
	return true;
}

static uint64_t append(uint64_t from, uint64_t to, uint64_t end)
{
	bool made;
	int fd = journal_open(cache, &made);

	assert_true(fd >= 0);
	for (uint64_t i = from; i < to; i++) {
		size_t len = make_entry(i);

		assert_true(journal_append(fd, &end, buf, len));
	}
	close(fd);
	return end;
}

static uint64_t played(const char *suffix, uint64_t from, uint64_t *end)
{
	uint64_t next = from;

	assert_true(journal_play(cache, suffix, is_next, &next, end));
	return next;
}

static void what_is_appended_is_played_in_order(void **state)
{
	uint64_t end, got;

	(void)state;
	assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 0);
	end = append(0, 200, 0);
	assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 200);
	assert_int_equal(got, end);
}

/* Cut at each byte of the last entry, or with one byte changed. */
static void what_is_torn_ends_it(void **state)
{
	uint64_t last = append(0, 3, 0), end = append(3, 4, last), got;
	uint8_t byte;
	int fd = open(journal, O_RDWR);

	(void)state;
	for (uint64_t at = last; at < end; at++) {
		assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
		assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 3);
		assert_int_equal(got, last);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	}
	assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 4);
	for (uint64_t at = end; at-- > last;) {
		assert_int_equal(ftruncate(fd, (off_t)at), 0);
		assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 3);
	}
	close(fd);
}

/* Somebody died while he appended: the rest of it goes first. */
static void what_a_dead_writer_left_is_written_over(void **state)
{
	uint64_t end = append(0, 3, 0), got;

	(void)state;
	append(6, 7, end); /* a long one that was never accounted for */
	assert_int_equal(truncate(journal, (off_t)end + 5000), 0);
	append(3, 5, end);
	assert_int_equal(played(JOURNAL_SUFFIX, 0, &got), 5);
}

static void a_turn_keeps_what_was_there_until_it_is_forgotten(void **state)
{
	uint64_t got;

	(void)state;
	append(0, 3, 0);
	assert_int_equal(journal_turn(cache), JOURNAL_TURNED);
	append(3, 5, 0);
	assert_int_equal(journal_turn(cache), JOURNAL_HAS_OLD);
	assert_int_equal(played(JOURNAL_OLD_SUFFIX, 0, &got), 3);
	assert_int_equal(played(JOURNAL_SUFFIX, 3, &got), 5);
	assert_true(journal_sync_old(cache));
	assert_true(journal_forget_old(cache));
	assert_true(journal_forget_old(cache));
	assert_true(journal_sync_old(cache));
	assert_int_equal(played(JOURNAL_OLD_SUFFIX, 0, &got), 0);
}

static void a_link_is_not_followed(void **state)
{
	char target[80];
	uint64_t got, next = 0;
	struct stat st;
	bool made;

	(void)state;
	snprintf(target, sizeof target, "%s/somebody", dir);
	close(open(target, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(truncate(target, 1000), 0);
	assert_int_equal(symlink(target, journal), 0);
	assert_true(journal_open(cache, &made) < 0);
	assert_false(journal_play(cache, JOURNAL_SUFFIX, is_next, &next, &got));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_size, 1000);
	unlink(target);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		what_is_appended_is_played_in_order, clean),
	    cmocka_unit_test_teardown(what_is_torn_ends_it, clean),
	    cmocka_unit_test_teardown(
		what_a_dead_writer_left_is_written_over, clean),
	    cmocka_unit_test_teardown(
		a_turn_keeps_what_was_there_until_it_is_forgotten, clean),
	    cmocka_unit_test_teardown(a_link_is_not_followed, clean),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
