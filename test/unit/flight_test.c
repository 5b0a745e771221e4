/* flight_test: one lookup at a time, whoever dies.
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
#include "cache/flight.h"

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
		struct flight *f = flight_open(cache);

		byte = flight_take(f, key) == FLIGHT_MINE ? 'y' : 'n';
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
	struct flight *f = flight_open(cache);
	pid_t child = hold("a.example");
	enum flight_result result = FLIGHT_BUSY;

	(void)state;
	assert_int_equal(flight_take(f, "a.example"), FLIGHT_BUSY);
	assert_int_equal(flight_take(f, "b.example"), FLIGHT_MINE);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	result = flight_take(f, "a.example");
	assert_int_equal(result, FLIGHT_MINE);
	flight_close(f);
}

static void a_child_does_not_inherit_what_is_held(void **state)
{
	struct flight *f = flight_open(cache);
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(flight_take(f, "a.example"), FLIGHT_MINE);
	child = fork();
	if (child == 0)
		_exit(flight_take(flight_open(cache), "a.example") ==
			    FLIGHT_BUSY ?
			0 :
			1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	/* Its end did not give up ours. */
	child = fork();
	if (child == 0)
		_exit(flight_take(flight_open(cache), "a.example") ==
			    FLIGHT_BUSY ?
			0 :
			1);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	flight_leave(f, "a.example");
	child = hold("a.example");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	flight_close(f);
}

static void without_a_lock_file_everybody_may(void **state)
{
	struct flight *f = flight_open("");

	(void)state;
	assert_int_equal(flight_take(f, "a.example"), FLIGHT_MINE);
	flight_leave(f, "a.example");
	flight_close(f);
	f = flight_open("/nonexistent/cache.tdb");
	assert_int_equal(flight_take(f, "a.example"), FLIGHT_MINE);
	flight_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_key_that_another_holds_is_busy_until_it_dies),
		cmocka_unit_test(a_child_does_not_inherit_what_is_held),
		cmocka_unit_test(without_a_lock_file_everybody_may),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
