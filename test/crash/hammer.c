/* hammer: writers, readers and a pruner on one cache, killed at random and at
 * each write in turn; what was answered must be there afterwards.
 * SPDX-License-Identifier: MIT
 *
 * usage: hammer ROUNDS [SEED]
 *
 * A writer tells the judge (through a pipe) which generation of which key it
 * has stored; from then on a policy of that generation or a later one has to be
 * found, whatever is killed.  Policies are never dropped, negative records may
 * go.  A reader dies of SIGABRT when it is given what nobody wrote.
 *
 * Every other round the victim does not die at a random time but at its 1st,
 * 2nd, 3rd ... system call that changes the file: these are interposed here.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"

enum { WAIT = 10000 }; /* ms, for a lock */
enum { KEYS = 60, WRITERS = 3, READERS = 2, CHILDREN = WRITERS + READERS + 1 };

/* Shared with all children: what was stored, and so answered. */
struct ledger {
	atomic_uint generation[KEYS];
	atomic_uint stored;
};

static struct ledger *ledger;
static char path[64];
static uint8_t buf[RECORD_MAX];
static long die_at; /* 0: not in this process */

/* The system calls through which tdb and our own code change files. */
static void count_down(void)
{
	if (die_at > 0 && --die_at == 0)
		kill(getpid(), SIGKILL);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
	count_down();
	return syscall(SYS_pwrite64, fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	count_down();
	return syscall(SYS_pwrite64, fd, data, n, at);
}

int fsync(int fd)
{
	count_down();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	count_down();
	return (int)syscall(SYS_fdatasync, fd);
}

int msync(void *at, size_t n, int flags)
{
	count_down();
	return (int)syscall(SYS_msync, at, n, flags);
}

int ftruncate(int fd, off_t n)
{
	count_down();
	return (int)syscall(SYS_ftruncate, fd, n);
}

ssize_t write(int fd, const void *data, size_t n)
{
	count_down();
	return syscall(SYS_write, fd, data, n);
}

int posix_fallocate(int fd, off_t at, off_t n)
{
	count_down();
	return syscall(SYS_fallocate, fd, 0, at, n) == 0 ? 0 : errno;
}

int rename(const char *from, const char *to)
{
	count_down();
	return (int)syscall(SYS_rename, from, to);
}

static void key_of(int i, char key[static 32])
{
	snprintf(key, 32, "domain%d.example", i);
}

/* The text of a generation proves itself: length and bytes follow from it. */
static size_t text_of(int i, unsigned generation, char *text)
{
	size_t n = (size_t)sprintf(text,
	    "version: STSv1\nmode: enforce\nmax_age: 86400\nx: %d.%u\n", i,
	    generation);

	for (unsigned mx = 0; mx < generation % 40 + 1; mx++)
		n += (size_t)sprintf(
		    text + n, "mx: mx%u.g%u.d%d.example\n", mx, generation, i);
	return n;
}

static void fill(struct record *r, int i, unsigned generation, char *text)
{
	record_init(r);
	r->uses = generation;
	r->sts.fetched = 1;
	r->sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 86400,
	    .text = text,
	    .text_len = text_of(i, generation, text)};
}

/* Is this a record that a writer wrote?  0: it is not. */
static unsigned generation_of(int i, const struct record *r)
{
	static char text[8192];
	size_t n = text_of(i, r->uses, text);

	if (r->sts.fetched != 1 || r->sts.policy.text_len != n ||
	    memcmp(r->sts.policy.text, text, n) != 0)
		return 0;
	return r->uses;
}

static void write_for_ever(int self, unsigned seed)
{
	static char text[8192];
	struct store *s = store_open(path, 1000);
	struct record r;
	char key[32];

	srandom(seed);
	for (;;) {
		/* Each key has one writer, so that its ledger only grows. */
		int i = (int)(random() % (KEYS / WRITERS)) * WRITERS + self;
		unsigned g = atomic_load(&ledger->generation[i]) + 1;

		fill(&r, i, g, text);
		key_of(i, key);
		if (store_put(s, key, &r, clock_ms() + WAIT) != STORE_OK)
			continue;
		atomic_store(&ledger->generation[i], g);
		atomic_fetch_add(&ledger->stored, 1);
	}
}

static void read_for_ever(unsigned seed)
{
	struct store *s = store_open(path, 1000);
	struct record r;
	char key[32];

	srandom(seed);
	for (;;) {
		int i = (int)(random() % KEYS);

		key_of(i, key);
		store_refresh(s);
		if (store_get(s, key, &r, buf, clock_ms() + WAIT) ==
			STORE_FOUND &&
		    generation_of(i, &r) == 0)
			abort();
	}
}

/* As prefetch does: checks, fills with what is worth nothing, drops it,
 * gives the room back. */
static void prune_for_ever(unsigned seed)
{
	struct store *s = store_open(path, 1000);
	struct record r;
	char key[32];
	uint32_t saved;

	srandom(seed);
	record_init(&r);
	for (;;) {
		(void)!store_repair(s, &saved);
		if (store_begin(s, clock_ms() + WAIT) == STORE_OK) {
			for (int i = 0; i < 50; i++) {
				snprintf(key, sizeof key, "none%d.example", i);
				if (random() % 2)
					(void)!store_put(
					    s, key, &r, clock_ms() + WAIT);
				else
					(void)!store_drop(
					    s, key, clock_ms() + WAIT);
			}
			(void)!store_commit(s);
		}
		if (random() % 3 == 0)
			(void)!store_repack(s);
		if (random() % 3 == 0)
			(void)!store_checkpoint(s);
		if (random() % 3 == 0)
			store_sync(s);
	}
}

static pid_t start(int role, unsigned seed, long dies_at)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	die_at = dies_at;
	if (role < WRITERS)
		write_for_ever(role, seed);
	else if (role < WRITERS + READERS)
		read_for_ever(seed);
	else
		prune_for_ever(seed);
	_exit(0);
}

static unsigned mended, lost;

/* Every answered policy is there, in its generation or a later one (a writer
 * may have died between storing and telling). */
static void judge(unsigned round)
{
	struct store *s = store_open(path, 1000);
	struct record r;
	uint32_t saved;
	char key[32];

	if (store_repair(s, &saved) == STORE_MISS)
		mended++;
	for (int i = 0; i < KEYS; i++) {
		unsigned told = atomic_load(&ledger->generation[i]);

		key_of(i, key);
		if (told == 0)
			continue;
		if (store_get(s, key, &r, buf, clock_ms() + WAIT) !=
			STORE_FOUND ||
		    generation_of(i, &r) < told) {
			printf("FAIL: round %u: %s, generation %u was "
			       "answered, found %u\n",
			    round, key, told, r.uses);
			lost++;
		}
		if (generation_of(i, &r) > told)
			atomic_store(
			    &ledger->generation[i], generation_of(i, &r));
	}
	fill(&r, 0, atomic_load(&ledger->generation[0]) + 1, (char *)buf);
	if (store_put(s, "usable.example", &r, clock_ms() + WAIT) != STORE_OK) {
		printf("FAIL: round %u: the file is not usable: %s\n", round,
		    store_trouble(s)->text);
		lost++;
	}
	store_close(s);
}

static void nap(long us)
{
	struct timespec t = {us / 1000000, us % 1000000 * 1000};

	nanosleep(&t, NULL);
}

static bool one_round(unsigned round)
{
	pid_t pids[CHILDREN];
	bool counted = round % 2 == 1, good = true;

	for (int i = 0; i < CHILDREN; i++)
		pids[i] = start(i, (unsigned)random(),
		    counted && (i < WRITERS || i == CHILDREN - 1)
			? 1 + random() % 40
			: 0);
	nap(5000 + random() % 30000);
	for (int i = 0; i < CHILDREN; i++) {
		int status;

		kill(pids[i], SIGKILL);
		waitpid(pids[i], &status, 0);
		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
			printf("FAIL: round %u: child %d ended with %#x\n",
			    round, i, (unsigned)status);
			good = false;
		}
	}
	judge(round);
	return good;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/mxpolicy-hammer-XXXXXX", command[128];
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 200;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	unsigned bad = 0;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	srandom(seed);
	for (unsigned i = 0; i < rounds; i++)
		bad += !one_round(i);
	printf("%u rounds, %u policies answered, %u files mended, %u lost, "
	       "%u wrong ends\n",
	    rounds, atomic_load(&ledger->stored), mended, lost, bad);
	for (size_t i = 0; i < 7; i++) {
		static const char *const suffixes[] = {"", ".lock", ".journal",
		    ".journal.old", ".new", ".pack", ".damaged"};

		snprintf(command, sizeof command, "%s%s", path, suffixes[i]);
		unlink(command);
	}
	rmdir(dir);
	return bad + lost > 0;
}
