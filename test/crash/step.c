/* step: a writer of the cache is killed between two instructions.
 * SPDX-License-Identifier: MIT
 *
 * usage: step KILLS [SEED]
 *
 * A child puts a record; from where it has written the journal its parent lets
 * it do one instruction after the other (ptrace(2)), counts how many that
 * takes, and kills further children after so many of them as chance has it:
 * between two writes to the memory that tdb changes its file through, as well
 * as anywhere else.  All records that were put before have to be there, the one
 * of the child old or new.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"

enum { WAIT = 10000, KEYS = 12, TEXT = 400 };

static char path[64];
static uint8_t buf[RECORD_MAX];
/* The generation that is there, and the last that may be. */
static unsigned put[KEYS], tried[KEYS];

static bool stops; /* after the next write() */

ssize_t write(int fd, const void *data, size_t n)
{
	ssize_t rc = syscall(SYS_write, fd, data, n);

	if (stops) {
		stops = false;
		raise(SIGSTOP);
	}
	return rc;
}

/* The text of a generation proves itself: length and bytes follow from it. */
static size_t text_of(int i, unsigned generation, char *text)
{
	size_t n = (size_t)snprintf(text, TEXT, "x: %d.%u\n", i, generation);
	size_t len = n + generation * 97 % (TEXT - 100);

	memset(text + n, 'a' + (int)(generation % 26), len - n);
	return len;
}

static enum store_result put_one(struct store *s, int i, unsigned generation)
{
	static char text[TEXT];
	struct record r;
	char key[32];

	record_init(&r);
	r.uses = generation;
	r.sts.fetched = 1;
	r.sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 86400,
	    .text = text,
	    .text_len = text_of(i, generation, text)};
	snprintf(key, sizeof key, "d%d.example", i);
	return store_put(s, key, &r, clock_ms() + WAIT);
}

/* The generation that is there; 0: none that anybody put. */
static unsigned find(struct store *s, int i)
{
	static char text[TEXT];
	struct record r;
	char key[32];
	size_t n;

	snprintf(key, sizeof key, "d%d.example", i);
	if (store_get(s, key, &r, buf, clock_ms() + WAIT) != STORE_FOUND)
		return 0;
	n = text_of(i, r.uses, text);
	return r.sts.policy.text_len == n &&
		       memcmp(r.sts.policy.text, text, n) == 0
		   ? r.uses
		   : 0;
}

static void write_one(int i, unsigned generation)
{
	struct store *s = store_open(path, 1000);

	/* Now and then the place that is written is another one. */
	if (generation % 3 == 0)
		store_sync(s);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	stops = true;
	_exit(put_one(s, i, generation) == STORE_OK ? 0 : 1);
}

/* Let it do so many instructions, at most, and then kill it.  Returns how many
 * it did; *done: it came to its end. */
static long step(pid_t pid, long most, bool *done)
{
	long n = 0;
	int status;

	/* At the journal. */
	waitpid(pid, &status, 0);
	while (WIFSTOPPED(status) && n < most) {
		if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0)
			break;
		waitpid(pid, &status, 0);
		n++;
	}
	*done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
	if (WIFSTOPPED(status)) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return n;
}

/* A child of its own: tdb opens a file but once in a process.  What was tried
 * and not answered may come to light later: it is in the journal. */
static bool judge(void)
{
	size_t size = sizeof put;
	int to[2], status;
	pid_t pid;
	bool good;

	if (pipe(to) != 0)
		return false;
	pid = fork();
	if (pid == 0) {
		struct store *s = store_open(path, 1000);

		for (int i = 0; i < KEYS; i++) {
			unsigned now = find(s, i);

			if (now < put[i] || now > tried[i]) {
				printf("FAIL: key %d: %u was put, %u tried, "
				       "found %u\n",
				    i, put[i], tried[i], now);
				fflush(stdout);
				_exit(1);
			}
			put[i] = now;
		}
		good = store_is_sound(s) &&
		       write(to[1], put, size) == (ssize_t)size;
		_exit(good ? 0 : 2);
	}
	close(to[1]);
	good = read(to[0], put, size) == (ssize_t)size;
	close(to[0]);
	waitpid(pid, &status, 0);
	return good && status == 0;
}

static long one_kill(int i, long most, bool *good)
{
	unsigned generation = tried[i] + 1;
	bool done;
	pid_t pid;
	long n;

	tried[i] = generation;
	pid = fork();
	if (pid == 0)
		write_one(i, generation);
	n = step(pid, most, &done);
	if (done)
		put[i] = generation;
	*good = judge();
	return n;
}

static void put_all(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct store *s = store_open(path, 1000);

		for (int i = 0; i < KEYS; i++)
			if (put_one(s, i, 1) != STORE_OK)
				_exit(1);
		store_close(s);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < KEYS; i++)
		put[i] = tried[i] = status == 0;
}

static void clean(const char *dir)
{
	static const char *const suffixes[] = {"", ".lock", ".journal",
	    ".journal.old", ".new", ".pack", ".damaged"};
	char name[96];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
	rmdir(dir);
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/mxpolicy-step-XXXXXX";
	long kills = argc > 1 ? atol(argv[1]) : 15, whole = 0;
	unsigned bad = 0;
	bool good;

	srandom(argc > 2 ? (unsigned)atol(argv[2]) : 1);
	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	put_all();
	/* One to the end, so that it is known where that is. */
	whole = one_kill(0, 10000000, &good);
	bad += !good;
	if (whole < 500) {
		printf("no single steps here (ptrace, valgrind?)\n");
		clean(dir);
		return 77;
	}
	for (long k = 0; k < kills; k++) {
		one_kill((int)random() % KEYS, random() % whole, &good);
		bad += !good;
	}
	printf(
	    "%ld kills between %ld instructions, %u bad\n", kills, whole, bad);
	clean(dir);
	return bad > 0;
}
