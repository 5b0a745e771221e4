/* writers: what storing costs when many processes do it at once.
 * SPDX-License-Identifier: MIT
 *
 * usage: writers DIRECTORY
 *
 * Beside it the least that it could cost (a checksum and a write of as many
 * bytes to one file), and what it cost before there was a journal (a synced
 * transaction of tdb for each record).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <tdb.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"
#include "sample.h"
#include "wire/bytes.h"

enum { MANY = 16, MS = 1500, ENTRIES = 20000 };

/* Shared: how often, and how long the slowest took. */
static struct counts {
	uint64_t done, worst_us;
} * counts;

static const char *dir;

static void name_of(const char *what, char name[static 4096])
{
	snprintf(name, 4096, "%s/%s", dir, what);
}

static size_t make(uint32_t i, char key[static SAMPLE_KEY], struct record *r,
    uint8_t buf[static RECORD_MAX])
{
	static char text[SAMPLE_TEXT];

	sample_key(i, key);
	sample_record(i, key, clock_now(), r, text);
	return record_format(r, key, buf);
}

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "writers: %s\n", what);
	exit(1);
}

/* ---- three ways ---- */

static void write_only(uint32_t self, int64_t end)
{
	static uint8_t buf[RECORD_MAX];
	char name[4096], key[SAMPLE_KEY];
	struct record r;
	int fd;

	name_of("floor", name);
	fd = open(name, O_WRONLY | O_APPEND | O_CREAT, 0600);
	for (uint32_t i = 0; clock_ms() < end; i++) {
		size_t len = make(self * 1000 + i % 1000 + 1, key, &r, buf);

		need(write(fd, buf, len) == (ssize_t)len, "no write");
		__atomic_add_fetch(&counts->done, 1, __ATOMIC_RELAXED);
	}
}

static void put_transaction(uint32_t self, int64_t end)
{
	static uint8_t buf[RECORD_MAX];
	char name[4096], key[SAMPLE_KEY];
	struct tdb_context *tdb;
	struct record r;

	name_of("transactions.tdb", name);
	tdb = tdb_open(
	    name, ENTRIES | 1, TDB_INCOMPATIBLE_HASH, O_RDWR | O_CREAT, 0600);
	need(tdb != NULL, "no tdb");
	for (uint32_t i = 0; clock_ms() < end; i++) {
		size_t len = make(self * 1000 + i % 1000 + 1, key, &r, buf);
		TDB_DATA k = {(unsigned char *)key, strlen(key)};
		TDB_DATA d = {buf, len};

		need(tdb_transaction_start(tdb) == 0 &&
			 tdb_store(tdb, k, d, TDB_REPLACE) == 0 &&
			 tdb_transaction_commit(tdb) == 0,
		    "no transaction");
		__atomic_add_fetch(&counts->done, 1, __ATOMIC_RELAXED);
	}
}

/* As serving does it, somebody syncs when it is due. */
static void put_store(uint32_t self, int64_t end)
{
	static uint8_t buf[RECORD_MAX];
	char name[4096], key[SAMPLE_KEY];
	struct store *s;
	struct record r;

	name_of("writers.tdb", name);
	s = store_open(name, ENTRIES);
	for (uint32_t i = 0; clock_ms() < end; i++) {
		int64_t began = clock_us();

		make(self * 1000 + i % 1000 + 1, key, &r, buf);
		need(store_put(s, key, &r, clock_ms() + 10000) == STORE_OK,
		    store_trouble(s)->text);
		began = clock_us() - began;
		if ((uint64_t)began > counts->worst_us)
			counts->worst_us = (uint64_t)began;
		__atomic_add_fetch(&counts->done, 1, __ATOMIC_RELAXED);
		if (store_sync_is_due(s))
			store_sync(s);
	}
	store_close(s);
}

/* How many a second. */
static double run(void (*way)(uint32_t, int64_t), int writers)
{
	int64_t end = clock_ms() + MS;

	counts->done = counts->worst_us = 0;
	for (int i = 0; i < writers; i++) {
		if (fork() != 0)
			continue;
		way((uint32_t)i, end);
		_exit(0);
	}
	for (int i = 0; i < writers; i++) {
		int status;

		need(wait(&status) > 0 && status == 0, "a writer failed");
	}
	return (double)counts->done * 1000 / MS;
}

int main(int argc, char **argv)
{
	static const int many[] = {1, MANY};

	need(argc == 2, "usage: writers DIRECTORY");
	dir = argv[1];
	counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; i < 2; i++) {
		double floor = run(write_only, many[i]);
		double synced = run(put_transaction, many[i]);
		double puts = run(put_store, many[i]);

		printf("put, %d at once\t%.0f/s\t%.2f\ta synced transaction "
		       "each (%.0f/s)\n",
		    many[i], puts, puts / synced, synced);
		printf("put, %d at once\t%.0f/s\t%.2f\tchecksum and write() "
		       "(%.0f/s)\n",
		    many[i], puts, puts / floor, floor);
		printf("put, %d at once, the slowest\t%.1f ms\t\t\n", many[i],
		    (double)counts->worst_us / 1000);
	}
	return 0;
}
