/* lookup_lock_test: one lookup at a time, whoever dies.
 * SPDX-License-Identifier: MIT */
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

static char dir[] = "/tmp/mxpolicy-flight-XXXXXX";
static char cache[64];

static int make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(cache, sizeof cache, "%s/cache.tdb", dir);
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
		struct lookup_lock *f = lookup_lock_open(cache);

		byte = lookup_lock_take(f, key) == LOOKUP_LOCK_MINE ? 'y' : 'n';
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
	struct lookup_lock *f = lookup_lock_open(cache);
	pid_t child = hold("a.example");
	enum lookup_lock_result result = LOOKUP_LOCK_BUSY;

	(void)state;
	assert_int_equal(lookup_lock_take(f, "a.example"), LOOKUP_LOCK_BUSY);
	assert_int_equal(lookup_lock_take(f, "b.example"), LOOKUP_LOCK_MINE);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	result = lookup_lock_take(f, "a.example");
	assert_int_equal(result, LOOKUP_LOCK_MINE);
	lookup_lock_close(f);
}

static void a_child_does_not_inherit_what_is_held(void **state)
{
	struct lookup_lock *f = lookup_lock_open(cache);
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(lookup_lock_take(f, "a.example"), LOOKUP_LOCK_MINE);
	child = fork();
	if (child == 0)
		_exit(lookup_lock_take(lookup_lock_open(cache), "a.example") ==
			      LOOKUP_LOCK_BUSY
			  ? 0
			  : 1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	/* Its end did not give up ours. */
	child = fork();
	if (child == 0)
		_exit(lookup_lock_take(lookup_lock_open(cache), "a.example") ==
			      LOOKUP_LOCK_BUSY
			  ? 0
			  : 1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	lookup_lock_leave(f, "a.example");
	child = hold("a.example");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	lookup_lock_close(f);
}

static void without_a_lock_file_everybody_may(void **state)
{
	struct lookup_lock *f = lookup_lock_open("");

	(void)state;
	assert_int_equal(lookup_lock_take(f, "a.example"), LOOKUP_LOCK_MINE);
	lookup_lock_leave(f, "a.example");
	lookup_lock_close(f);
	f = lookup_lock_open("/nonexistent/cache.tdb");
	assert_int_equal(lookup_lock_take(f, "a.example"), LOOKUP_LOCK_MINE);
	lookup_lock_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_that_another_holds_is_busy_until_it_dies),
	    cmocka_unit_test(a_child_does_not_inherit_what_is_held),
	    cmocka_unit_test(without_a_lock_file_everybody_may),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
