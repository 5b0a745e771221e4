/* store: what the cache file costs, with many records and with few.
 * SPDX-License-Identifier: MIT
 *
 * usage: store DIRECTORY N
 *
 * Prints lines "what TAB figure TAB ratio TAB against what", as the other
 * benchmarks do.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"
#include "sample.h"

enum { WAIT = 10000 }; /* ms, for a lock */

#define FEW 1000    /* records of the small cache */
#define HITS 100000 /* lookups in a round */
#define HIT_ROUNDS 5
#define SINGLE 500	  /* records that are put alone ... */
#define SINGLE_ROUND 10	  /* ... so many in a row ... */
#define SINGLE_SECONDS 15 /* ... unless all takes longer than this */
#define BATCH 1000	  /* records in a batch */
#define BATCHES 10

static uint8_t buf[RECORD_MAX];
static char file[4096];
static int64_t now;

static void need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "store: %s\n", what);
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double megabytes(void)
{
	struct stat st;

	need(stat(file, &st) == 0, "no file");
	return (double)st.st_size / 1e6;
}

/* ratio 0: none. */
__attribute__((format(printf, 4, 5))) static void row(const char *what,
    double ratio, const char *against, const char *figure, ...)
{
	va_list ap;

	printf("%s\t", what);
	va_start(ap, figure);
	vprintf(figure, ap);
	va_end(ap);
	if (ratio > 0)
		printf("\t%.2f\t%s\n", ratio, against);
	else
		printf("\t\t\n");
	fflush(stdout);
}

static void put_one(struct store *s, uint32_t i)
{
	char key[SAMPLE_KEY], text[SAMPLE_TEXT];
	struct record r;

	sample_key(i, key);
	sample_record(i, key, now, &r, text);
	need(store_put(s, key, &r, clock_ms() + WAIT) == STORE_OK,
	    store_trouble(s)->text);
}

/* Records first to last, in batches.  Each round has a time of
 * its own: tdb writes nothing where nothing changes. */
static double put_many(struct store *s, uint32_t first, uint32_t last)
{
	double began = seconds();

	now++;
	for (uint32_t i = first; i <= last;) {
		need(store_begin(s, clock_ms() + WAIT) == STORE_OK, "begin");
		for (int n = 0; n < BATCH && i <= last; n++, i++)
			put_one(s, i);
		need(store_commit(s) == STORE_OK, "commit");
	}
	return seconds() - began;
}

/* Seconds of HITS hits, among n records chosen at random, others in each call:
 * a few keys again and again would be answered by the processor's cache. */
static double hit(struct store *s, uint32_t n)
{
	static char keys[HITS][SAMPLE_KEY];
	static uint32_t which;
	struct record r;
	double began;

	for (uint32_t i = 0; i < HITS; i++)
		sample_key(sample_mix(++which) % n + 1, keys[i]);
	began = seconds();
	for (uint32_t i = 0; i < HITS; i++)
		need(store_get(s, keys[i], &r, buf, clock_ms() + WAIT) ==
			 STORE_FOUND,
		    "miss");
	return seconds() - began;
}

/* What any file that is shared costs: HITS locks taken and given back. */
static double lock(void)
{
	struct flock l = {.l_whence = SEEK_SET, .l_start = 4, .l_len = 1};
	int fd = open(file, O_RDWR);
	double began = seconds();

	for (int i = 0; i < HITS; i++) {
		l.l_type = F_RDLCK;
		need(fcntl(fd, F_SETLKW, &l) == 0, "lock");
		l.l_type = F_UNLCK;
		need(fcntl(fd, F_SETLKW, &l) == 0, "unlock");
	}
	began = seconds() - began;
	close(fd);
	return began;
}

/* Seconds of SINGLE_ROUND records, one at a time, among n. */
static double put_single(struct store *s, uint32_t n)
{
	static uint32_t which;
	double began = seconds();

	now++;
	for (int i = 0; i < SINGLE_ROUND; i++)
		put_one(s, sample_mix(++which) % n + 1);
	return seconds() - began;
}

/* Seconds of writing a block as often, so that it is on the disk. */
static double sync_block(int fd)
{
	static char block[4096];
	double began = seconds();

	for (int i = 0; i < SINGLE_ROUND; i++) {
		block[0]++;
		need(pwrite(fd, block, sizeof block, 0) == sizeof block &&
			 fdatasync(fd) == 0,
		    "no block written");
	}
	return seconds() - began;
}

static bool visit(const char *key, const void *data, size_t len, void *arg)
{
	size_t *sums = arg;
	struct record r;

	need(record_parse(&r, key, data, len), "a damaged record");
	sums[0]++;
	sums[1] += len;
	return true;
}

/* Seconds of reading the file from end to end. */
static double read_all(void)
{
	static char block[65536];
	int fd = open(file, O_RDONLY);
	double began = seconds();

	while (read(fd, block, sizeof block) > 0)
		continue;
	close(fd);
	return seconds() - began;
}

static double drop_three_quarters(struct store *s, uint32_t n)
{
	char key[SAMPLE_KEY];
	double began = seconds();

	for (uint32_t i = 1; i <= n;) {
		need(store_begin(s, clock_ms() + WAIT) == STORE_OK, "begin");
		for (int k = 0; k < BATCH && i <= n; i++) {
			if (i % 4 == 0)
				continue;
			sample_key(i, key);
			need(store_drop(s, key, clock_ms() + WAIT) == STORE_OK,
			    "drop");
			k++;
		}
		need(store_commit(s) == STORE_OK, "commit");
	}
	return seconds() - began;
}

static struct store *open_small(const char *dir)
{
	struct store *s;

	snprintf(file, sizeof file, "%s/few.tdb", dir);
	s = store_open(file, FEW);
	put_many(s, 1, FEW);
	return s;
}

/* In turns, as whatever is compared here: the machine has its moods. */
static void measure_hits(struct store *s, uint32_t n, struct store *small)
{
	double many = 0, few = 0, locks = 0;
	const double us = 1e6 / HITS / HIT_ROUNDS;
	size_t sums[2] = {0};

	/* Every page once, so that page faults are not what is measured. */
	need(store_walk(s, visit, sums) == STORE_OK, "walk");
	for (int i = 0; i < HIT_ROUNDS; i++) {
		many += hit(s, n);
		few += hit(small, FEW);
		locks += lock();
	}
	row("hit, 1000 records", 0, NULL, "%.2f us", few * us);
	row("hit", many / few, "hit, 1000 records", "%.2f us", many * us);
	row("hit", many / locks, "fcntl() lock and unlock", "%.2f us",
	    many * us);
}

/* Returns the seconds of one record in a batch. */
static double measure_puts(
    struct store *s, uint32_t n, struct store *small, const char *dir)
{
	double single = 0, few = 0, block = 0, batch = 0, began = seconds();
	uint32_t first = 0;
	char name[sizeof file + 8];
	int fd, done = 0;

	snprintf(name, sizeof name, "%s/block", dir);
	fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	while (done < SINGLE && seconds() < began + SINGLE_SECONDS) {
		single += put_single(s, n);
		few += put_single(small, FEW);
		block += sync_block(fd);
		first = first % (n - BATCH) + BATCH;
		batch += put_many(s, first, first + BATCH - 1);
		done += SINGLE_ROUND;
	}
	close(fd);
	unlink(name);
	single /= done;
	batch /= done / SINGLE_ROUND * (double)BATCH;
	row("put in batches of 1000", 0, NULL, "%.1f us", batch * 1e6);
	row("put, one at a time", single / batch, "put in batches", "%.0f us",
	    single * 1e6);
	row("put, one at a time", single / (few / done),
	    "the same, 1000 records", "%.0f us", single * 1e6);
	row("put, one at a time", single / (block / done),
	    "fdatasync() of one block", "%.0f us", single * 1e6);
	return batch;
}

static void measure_walk(struct store *s, uint32_t n)
{
	size_t sums[2] = {0};
	double walk = seconds(), whole;

	need(store_walk(s, visit, sums) == STORE_OK, "walk");
	walk = seconds() - walk;
	need(sums[0] == n, "not all records");
	read_all();
	whole = read_all();
	row("walk of all, parsed", walk / whole, "read() of the file", "%.3f s",
	    walk);
	row("file, of a record", megabytes() * 1e6 / (double)sums[1],
	    "bytes of the records", "%.0f bytes", megabytes() * 1e6 / n);
}

static void measure_repack(struct store *s, uint32_t n, double batch)
{
	double before = megabytes(), dropped, took, put;

	took = drop_three_quarters(s, n);
	dropped = megabytes();
	row("drop, in batches of 1000", took / (n * 0.75) / batch,
	    "put in batches", "%.1f us", took / (n * 0.75) * 1e6);
	put = put_many(s, n + 1, n + BATCH * BATCHES) / (BATCH * BATCHES);
	row("put of a new one, after the drops", put / batch, "put in batches",
	    "%.1f us", put * 1e6);
	took = seconds();
	need(store_repack(s) == STORE_OK, store_trouble(s)->text);
	took = seconds() - took;
	row("file, three quarters dropped", dropped / before, "file before",
	    "%.1f MB", dropped);
	row("file, repacked", megabytes() / before, "file before", "%.1f MB",
	    megabytes());
	row("repack", 0, NULL, "%.3f s", took);
	put = put_many(s, 1, BATCH * BATCHES) / (BATCH * BATCHES);
	row("put in batches, after repacking", put / batch, "put in batches",
	    "%.1f us", put * 1e6);
}

int main(int argc, char **argv)
{
	double filled, batch;
	struct store *s, *small;
	uint32_t n;

	if (argc != 3 ||
	    (n = (uint32_t)strtoul(argv[2], NULL, 10)) < BATCH * BATCHES) {
		fprintf(stderr, "usage: store DIRECTORY N, N at least %d\n",
		    BATCH * BATCHES);
		return 64;
	}
	now = time(NULL);
	small = open_small(argv[1]);
	snprintf(file, sizeof file, "%s/many.tdb", argv[1]);
	s = store_open(file, n);
	filled = put_many(s, 1, n);
	row("filling, of a record", 0, NULL, "%.1f us", filled / n * 1e6);
	row("file", 0, NULL, "%.1f MB", megabytes());
	measure_hits(s, n, small);
	batch = measure_puts(s, n, small, argv[1]);
	measure_walk(s, n);
	measure_repack(s, n, batch);
	store_close(small);
	store_close(s);
	return 0;
}
