/* lookup_lock_test: one lookup at a time, whoever dies.
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
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "cache/lookup_lock.h"
#include "cache/page.h"

static char dir[] = "/tmp/mxpolicy-flight-XXXXXX";
static char cache[64];
static struct page *page;

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(cache, sizeof cache, "%s/cache.tdb", dir);
	return 0;
}

static int open_page(void **state)
{
	(void)state;
	page = page_open(cache, true);
	return page != NULL ? 0 : -1;
}

static int close_page(void **state)
{
	(void)state;
	page_close(page);
	return 0;
}

static int remove_dir(void **state)
{
	char lock[128];

	(void)state;
	snprintf(lock, sizeof lock, "%s.lock", cache);
	unlink(lock);
	return rmdir(dir);
}

/* A child that takes a key and holds it until it is killed. */
static pid_t hold(const char *key)
{
	int ready[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		byte =
		    lookup_lock_take(page, key) == LOOKUP_LOCK_MINE ? 'y' : 'n';
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(byte, 'y');
	close(ready[0]);
	close(ready[1]);
	return child;
}

static void a_key_that_another_holds_is_busy_until_it_dies(void **state)
{
	pid_t child = hold("a.example");
	enum lookup_lock_result result = LOOKUP_LOCK_BUSY;

	(void)state;
	assert_int_equal(lookup_lock_take(page, "a.example"), LOOKUP_LOCK_BUSY);
	assert_int_equal(lookup_lock_take(page, "b.example"), LOOKUP_LOCK_MINE);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	result = lookup_lock_take(page, "a.example");
	assert_int_equal(result, LOOKUP_LOCK_MINE);
	lookup_lock_leave(page, "a.example");
}

static void a_child_does_not_inherit_what_is_held(void **state)
{
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(lookup_lock_take(page, "a.example"), LOOKUP_LOCK_MINE);
	child = fork();
	if (child == 0)
		_exit(lookup_lock_take(page, "a.example") == LOOKUP_LOCK_BUSY
			  ? 0
			  : 1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	/* Its end did not give up ours. */
	child = fork();
	if (child == 0)
		_exit(lookup_lock_take(page, "a.example") == LOOKUP_LOCK_BUSY
			  ? 0
			  : 1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	lookup_lock_leave(page, "a.example");
	child = hold("a.example");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void without_a_page_everybody_may(void **state)
{
	(void)state;
	assert_int_equal(lookup_lock_take(NULL, "a.example"), LOOKUP_LOCK_MINE);
	lookup_lock_leave(NULL, "a.example");
}

/* Where the lock of a key is: which one of the lock file's bytes blocks. */
static int64_t offset_of(const char *key)
{
	struct flock l = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 4096};
	pid_t child = hold(key);

	assert_int_equal(fcntl(page->fd, F_GETLK, &l), 0);
	assert_int_equal(l.l_type, F_WRLCK);
	assert_int_equal(l.l_len, 1);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return l.l_start;
}

/* The same key has another place beside another cache. */
static void a_lock_is_where_nobody_can_tell(void **state)
{
	int64_t first = offset_of("a.example");
	char lock[128];

	assert_int_equal(offset_of("a.example"), first);
	assert_int_not_equal(offset_of("b.example"), first);
	close_page(state);
	snprintf(lock, sizeof lock, "%s.lock", cache);
	unlink(lock);
	open_page(state);
	assert_int_not_equal(offset_of("a.example"), first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_key_that_another_holds_is_busy_until_it_dies, open_page,
		close_page),
	    cmocka_unit_test_setup_teardown(
		a_child_does_not_inherit_what_is_held, open_page, close_page),
	    cmocka_unit_test(without_a_page_everybody_may),
	    cmocka_unit_test_setup_teardown(
		a_lock_is_where_nobody_can_tell, open_page, close_page),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
