/* fuzz cache_file: the cache's file with bytes changed, as found on disk.
 * SPDX-License-Identifier: MIT
 *
 * The input is a list of changes to a sound file: three bytes of where, one of
 * what.  Odd ones cut the file there.  Whatever they are: no record is found
 * that nobody put, and what is put afterwards is there. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "cache/store.h"
#include "fuzz.h"

enum { KEYS = 60, WAIT = 10000 };

static char dir[] = "/tmp/mxpolicy-fuzz-XXXXXX";
static char path[64];
static uint8_t *sound, *changed;
static size_t length;
static uint8_t buf[RECORD_MAX];

/* The disk is not what is looked at. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static void clean(void)
{
	static const char *const suffixes[] = {"", ".lock", ".journal",
	    ".journal.old", ".new", ".pack", ".damaged"};
	char name[96];

	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		unlink(name);
	}
}

static void leave(void)
{
	clean();
	rmdir(dir);
}

static void put(struct store *s, int i)
{
	struct record r;
	char key[32];

	record_init(&r);
	r.uses = (uint32_t)i + 1;
	snprintf(key, sizeof key, "d%d.example", i);
	MUST(store_put(s, key, &r, clock_ms() + WAIT) == STORE_OK);
}

static void find(struct store *s, int i, bool needed)
{
	struct record r;
	char key[32];

	snprintf(key, sizeof key, "d%d.example", i);
	if (store_get(s, key, &r, buf, clock_ms() + WAIT) == STORE_FOUND)
		MUST(r.uses == (uint32_t)i + 1);
	else
		MUST(!needed);
}

static bool visit(const char *key, const void *data, size_t len, void *arg)
{
	struct record r;

	(void)arg;
	if (record_parse(&r, key, data, len))
		MUST(key[0] == 'd' && r.uses == strtoul(key + 1, NULL, 10) + 1);
	return true;
}

/* One with both places of some keys, and room that was freed. */
static void make_sound(void)
{
	struct store *s;
	int fd;

	MUST(mkdtemp(dir) != NULL);
	atexit(leave);
	snprintf(path, sizeof path, "%s/cache.tdb", dir);
	s = store_open(path, 1);
	for (int i = 0; i < KEYS; i++)
		put(s, i);
	store_sync(s);
	for (int i = 0; i < KEYS; i += 3)
		put(s, i);
	for (int i = 1; i < KEYS; i += 10) {
		char key[32];

		snprintf(key, sizeof key, "d%d.example", i);
		MUST(store_drop(s, key, clock_ms() + WAIT) == STORE_OK);
	}
	store_close(s);
	fd = open(path, O_RDONLY);
	MUST(fd >= 0);
	length = (size_t)lseek(fd, 0, SEEK_END);
	sound = malloc(length);
	changed = malloc(length);
	MUST(sound != NULL && changed != NULL);
	MUST(pread(fd, sound, length, 0) == (ssize_t)length);
	close(fd);
}

static void write_changed(const uint8_t *data, size_t size)
{
	size_t len = length;
	int fd;

	memcpy(changed, sound, length);
	for (size_t i = 0; i + 4 <= size && i < 400; i += 4) {
		size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 |
				data[i + 2]) %
			    length;

		changed[at] = data[i + 3];
		if (data[i] == 0xff)
			len = at;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	MUST(fd >= 0);
	MUST(write(fd, changed, len) == (ssize_t)len);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store *s;
	uint32_t saved;

	if (sound == NULL)
		make_sound();
	clean();
	write_changed(data, size);
	s = store_open_read(path, 1);
	for (int i = 0; i < KEYS; i += 7)
		find(s, i, false);
	(void)store_walk(s, visit, NULL);
	store_close(s);
	s = store_open(path, 1);
	for (int i = 0; i < KEYS; i++)
		find(s, i, false);
	put(s, KEYS);
	find(s, KEYS, true);
	MUST(store_walk(s, visit, NULL) == STORE_OK);
	MUST(store_repair(s, &saved) != STORE_BROKEN);
	MUST(store_is_sound(s));
	find(s, KEYS, true);
	store_close(s);
	return 0;
}
