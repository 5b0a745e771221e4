/* power: the machine loses power while the cache is written; what was synced
 * before must be served afterwards, and nothing that nobody wrote.
 * SPDX-License-Identifier: MIT
 *
 * usage: power ROUNDS [SEED]
 *
 * A child changes the cache for a while.  What it syncs is noted here (the
 * calls are interposed): that is what the disk holds for sure.  Then each block
 * of 4096 bytes that has changed since is as it was, or as it is, or torn
 * between the two at sectors of 512 bytes; lengths are what they were or are;
 * and names are those of a moment since the directory was synced.  Another
 * child opens that, in another boot, and judges.  The next round goes on from
 * there.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/page.h"
#include "cache/store.h"

enum {
	WAIT = 10000, /* ms, for a lock */
	KEYS = 40,
	NAMES = 6,
	FILES = 64,   /* in a round */
	MOMENTS = 64, /* of the directory */
	BLOCK = 4096,
	SECTOR = 512,
};

static const char *const suffixes[NAMES] = {
    "", ".lock", ".journal", ".journal.old", ".new", ".pack"};

/* Shared with the children: what was put, and what was synced. */
struct ledger {
	atomic_uint put[KEYS], synced[KEYS], tried[KEYS];
	atomic_uint found_synced, found_newer, mended;
};

static struct ledger *ledger;
static char path[64];
static uint8_t buf[RECORD_MAX];

/* ---- the disk ---- */

struct bytes_of {
	uint8_t *data;
	size_t len;
};

static struct file {
	ino_t ino;
	struct bytes_of safe; /* on the disk for sure */
	struct bytes_of last; /* when its last name went */
} files[FILES];
static size_t n_files;

static struct moment {
	ino_t ino[NAMES]; /* 0: no such name */
} moments[MOMENTS];
static size_t n_moments;
static bool watching;

static void name_of(size_t i, char name[static 96])
{
	snprintf(name, 96, "%s%s", path, suffixes[i]);
}

static struct bytes_of read_fd(int fd)
{
	struct bytes_of b = {0};
	struct stat st;

	if (fstat(fd, &st) != 0)
		abort();
	b.data = calloc(1, (size_t)st.st_size + 1);
	b.len = (size_t)pread(fd, b.data, (size_t)st.st_size, 0);
	return b;
}

static struct bytes_of read_name(const char *name)
{
	struct bytes_of b = {0};
	int fd = open(name, O_RDONLY);

	if (fd >= 0) {
		b = read_fd(fd);
		close(fd);
	}
	return b;
}

static struct file *file_of(ino_t ino)
{
	for (size_t i = 0; i < n_files; i++)
		if (files[i].ino == ino)
			return &files[i];
	if (n_files == FILES)
		abort();
	files[n_files].ino = ino;
	return &files[n_files++];
}

static void note_moment(void)
{
	struct moment *m =
	    &moments[n_moments < MOMENTS ? n_moments++ : MOMENTS - 1];

	for (size_t i = 0; i < NAMES; i++) {
		struct stat st;
		char name[96];

		name_of(i, name);
		m->ino[i] = stat(name, &st) == 0 ? st.st_ino : 0;
	}
}

static void note_sync(int fd)
{
	struct stat st;
	struct file *f;

	if (!watching || fstat(fd, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode)) {
		n_moments = 0;
		note_moment();
		return;
	}
	f = file_of(st.st_ino);
	free(f->safe.data);
	f->safe = read_fd(fd);
}

static void note_loss(const char *name)
{
	struct stat st;

	if (watching && stat(name, &st) == 0)
		file_of(st.st_ino)->last = read_name(name);
}

int fsync(int fd)
{
	note_sync(fd);
	return 0;
}

int fdatasync(int fd)
{
	note_sync(fd);
	return 0;
}

int rename(const char *from, const char *to)
{
	int rc;

	note_loss(to);
	if (watching)
		note_moment();
	rc = (int)syscall(SYS_rename, from, to);
	if (watching)
		note_moment();
	return rc;
}

int unlink(const char *name)
{
	int rc;

	note_loss(name);
	if (watching)
		note_moment();
	rc = (int)syscall(SYS_unlink, name);
	if (watching)
		note_moment();
	return rc;
}

/* Everything that is there now is on the disk. */
static void begin_watching(void)
{
	watching = true;
	for (size_t i = 0; i < NAMES; i++) {
		char name[96];
		int fd;

		name_of(i, name);
		fd = open(name, O_RDONLY);
		if (fd < 0)
			continue;
		note_sync(fd);
		close(fd);
	}
	note_moment();
}

/* ---- the loss ---- */

static uint8_t byte_at(const struct bytes_of *b, size_t at)
{
	return at < b->len ? b->data[at] : 0;
}

static void tear(
    struct bytes_of *out, const struct bytes_of *was, const struct bytes_of *is)
{
	size_t longest = was->len > is->len ? was->len : is->len;

	out->len = random() % 2 ? is->len : was->len;
	if (is->len > was->len && random() % 2)
		out->len = was->len + (size_t)random() % (is->len - was->len);
	out->data = calloc(1, longest + 1);
	for (size_t at = 0; at < out->len; at += BLOCK) {
		long how = random() % 5;

		for (size_t k = at; k < at + BLOCK && k < out->len; k++) {
			if (how == 4 && k % SECTOR == 0 && random() % 2)
				how = 5;
			else if (how == 5 && k % SECTOR == 0 && random() % 2)
				how = 4;
			out->data[k] = how < 2 || how == 4 ? byte_at(was, k)
							   : byte_at(is, k);
		}
	}
}

/* Another boot has another name. */
static void change_boot(struct bytes_of *page)
{
	struct page_cells cells;

	if (page->len < sizeof cells)
		return;
	memcpy(&cells, page->data, sizeof cells);
	cells.boot[0] ^= 1;
	cells.began -= 1000;
	memcpy(page->data, &cells, sizeof cells);
}

static void lose_power(void)
{
	struct bytes_of torn[NAMES] = {{0}};
	struct moment m;
	char name[96];

	note_moment();
	m = moments[(size_t)random() % n_moments];
	for (size_t i = 0; i < NAMES; i++) {
		struct bytes_of is = {0};
		struct stat st;
		struct file *f;

		if (m.ino[i] == 0)
			continue;
		f = file_of(m.ino[i]);
		is = f->last;
		for (size_t k = 0; k < NAMES; k++) {
			name_of(k, name);
			if (stat(name, &st) == 0 && st.st_ino == m.ino[i])
				is = read_name(name);
		}
		tear(&torn[i], &f->safe, &is);
		if (i == 1)
			change_boot(&torn[i]);
	}
	watching = false;
	for (size_t i = 0; i < NAMES; i++) {
		int fd;

		name_of(i, name);
		unlink(name);
		if (m.ino[i] == 0)
			continue;
		fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0640);
		if (fd < 0 || write(fd, torn[i].data, torn[i].len) !=
				  (ssize_t)torn[i].len)
			abort();
		close(fd);
	}
}

/* ---- what is put ---- */

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

static bool put(struct store *s, int i)
{
	static char text[8192];
	unsigned generation = atomic_fetch_add(&ledger->tried[i], 1) + 1;
	struct record r;
	char key[32];

	record_init(&r);
	r.uses = generation;
	r.sts.fetched = 1;
	r.sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 86400,
	    .text = text,
	    .text_len = text_of(i, generation, text)};
	key_of(i, key);
	if (store_put(s, key, &r, clock_ms() + WAIT) != STORE_OK)
		return false;
	atomic_store(&ledger->put[i], generation);
	return true;
}

/* The generation of what is there; 0: nothing.  false: nobody wrote that. */
static bool find(struct store *s, int i, unsigned *generation)
{
	static char text[8192];
	struct record r;
	char key[32];
	size_t n;

	key_of(i, key);
	*generation = 0;
	if (store_get(s, key, &r, buf, clock_ms() + WAIT) != STORE_FOUND)
		return true;
	*generation = r.uses;
	n = text_of(i, r.uses, text);
	return r.sts.fetched == 1 && r.sts.policy.text_len == n &&
	       memcmp(r.sts.policy.text, text, n) == 0;
}

static void change_others(struct store *s)
{
	struct record r;
	char key[32];

	record_init(&r);
	if (store_begin(s, clock_ms() + WAIT) != STORE_OK)
		abort();
	for (int i = 0; i < 20; i++) {
		snprintf(key, sizeof key, "none%d.example", i);
		if (random() % 2)
			(void)!store_put(s, key, &r, 0);
		else
			(void)!store_drop(s, key, 0);
	}
	if (store_commit(s) != STORE_OK)
		abort();
}

static void work(unsigned seed)
{
	struct store *s;
	int n;

	srandom(seed);
	begin_watching();
	n = 5 + (int)random() % 80;
	s = store_open(path, 1000);
	for (int i = 0; i < n; i++) {
		long what = random() % 100;

		if (what < 80 && !put(s, (int)random() % KEYS))
			abort();
		if (what >= 80 && what < 86)
			change_others(s);
		if (what >= 86 && what < 96)
			store_sync(s);
		if (what >= 96 && what < 99)
			(void)!store_checkpoint(s);
		if (what == 99)
			(void)!store_repack(s);
		for (int k = 0; !store_is_unsynced(s) && k < KEYS; k++)
			atomic_store(
			    &ledger->synced[k], atomic_load(&ledger->put[k]));
	}
	lose_power();
	_exit(0);
}

/* ---- the judge ---- */

/* What one loss of power took may come to light after another, unless a newer
 * one was synced since. */
static void judge(unsigned round)
{
	struct store *s = store_open(path, 1000);
	uint32_t saved;
	int bad = 0;

	for (int i = 0; i < KEYS; i++) {
		unsigned synced = atomic_load(&ledger->synced[i]);
		unsigned last = atomic_load(&ledger->tried[i]), found;

		if (!find(s, i, &found) || found < synced || found > last) {
			printf("FAIL: round %u: key %d: %u was synced, %u "
			       "put at last, found %u\n",
			    round, i, synced, last, found);
			bad = 1;
		}
		if (found == synced)
			atomic_fetch_add(&ledger->found_synced, 1);
		else
			atomic_fetch_add(&ledger->found_newer, 1);
		atomic_store(&ledger->put[i], found);
		atomic_store(&ledger->synced[i], found);
	}
	if (store_repair(s, &saved) == STORE_MISS)
		atomic_fetch_add(&ledger->mended, 1);
	if (!store_is_sound(s) || !put(s, 0)) {
		printf("FAIL: round %u: it cannot be used: %s\n", round,
		    store_trouble(s)->text);
		bad = 1;
	}
	store_close(s);
	fflush(stdout);
	_exit(bad);
}

static bool run(void (*part)(unsigned), unsigned arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		part(arg);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
	char dir[] = "/tmp/mxpolicy-power-XXXXXX", name[96];
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100;
	unsigned seed = argc > 2 ? (unsigned)atoi(argv[2]) : 1, bad = 0;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (unsigned i = 0; i < rounds; i++) {
		bool good = run(work, seed * 100003 + i);

		good = run(judge, i) && good;
		bad += !good;
	}
	printf("%u losses of power, %u files mended; %u records as synced, "
	       "%u newer; %u bad\n",
	    rounds, atomic_load(&ledger->mended),
	    atomic_load(&ledger->found_synced),
	    atomic_load(&ledger->found_newer), bad);
	for (size_t i = 0; i < NAMES; i++) {
		name_of(i, name);
		unlink(name);
	}
	snprintf(name, sizeof name, "%s.damaged", path);
	unlink(name);
	rmdir(dir);
	return bad > 0;
}
