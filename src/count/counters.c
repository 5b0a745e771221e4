/* counters: what all processes count together, in a file beside the cache.
 * SPDX-License-Identifier: MIT */
#include "count/counters.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "count/guard.h"
#include "policy/sts.h"
#include "wire/bytes.h"

/* "mxpcount", as a number: a file of another byte order is foreign. */
#define COUNTERS_MAGIC UINT64_C(0x6d7870636f756e74)
#define COUNTERS_MODE 0640

const uint32_t counters_bounds[COUNTERS_BOUNDS] = {
    1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 20000};

static struct counters_file own;
struct counters_file *counters_here = &own;

/* ---- the file ---- */

enum kind {
	KIND_SOUND,
	KIND_OURS,    /* ours, but unusable: may be replaced */
	KIND_FOREIGN, /* not ours to touch */
};

static enum kind look_at(int fd, struct reason *why)
{
	struct counters_head h = {0};
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		reason_set(why, "no file");
		return KIND_FOREIGN;
	}
	n = pread(fd, &h, sizeof h, 0);
	if (n > 0 && ((size_t)n < sizeof h.magic ||
			 (h.magic != COUNTERS_MAGIC && h.magic != 0))) {
		reason_set(why, "it is not a file of counters");
		return KIND_FOREIGN;
	}
	/* After a loss of power it can be empty, or zeroes. */
	if (n < (ssize_t)sizeof h || st.st_size != sizeof own) {
		reason_set(why, "%jd bytes instead of %zu",
		    (intmax_t)st.st_size, sizeof own);
		return KIND_OURS;
	}
	if (h.magic == COUNTERS_MAGIC && h.version == COUNTERS_VERSION &&
	    h.size == sizeof own)
		return KIND_SOUND;
	reason_set(
	    why, "version %u instead of %u", h.version, COUNTERS_VERSION);
	return KIND_OURS;
}

static bool beside(char path[static PATH_MAX], const char *a, const char *b)
{
	return snprintf(path, PATH_MAX, "%s%s", a, b) < PATH_MAX;
}

/* Its disk space is allocated before anybody sees it: a sparse page would be a
 * bus error when the disk is full. */
static bool write_new(int fd, int64_t now)
{
	struct counters_file f = {.head = {.magic = COUNTERS_MAGIC,
				      .version = COUNTERS_VERSION,
				      .size = sizeof f,
				      .made = (uint64_t)now}};

	return posix_fallocate(fd, 0, sizeof f) == 0 &&
	       write(fd, &f, sizeof f) == (ssize_t)sizeof f &&
	       fchmod(fd, COUNTERS_MODE) == 0;
}

/* Put a new file in place, of nothing or of `old`, whose lock we hold. */
static void make(const char *path, int old, int64_t now)
{
	char fresh[PATH_MAX];
	struct stat was, is;
	bool mine = true;
	int fd;

	if (!beside(fresh, path, ".XXXXXX") ||
	    (fd = mkostemp(fresh, O_CLOEXEC)) < 0)
		return;
	/* Another process may have replaced it meanwhile, or created it, in
	 * which case link() fails. */
	if (old >= 0)
		mine = fstat(old, &was) == 0 && stat(path, &is) == 0 &&
		       was.st_dev == is.st_dev && was.st_ino == is.st_ino;
	if (mine && write_new(fd, now)) {
		int rc = old >= 0 ? rename(fresh, path) : link(fresh, path);

		(void)rc;
	}
	unlink(fresh);
	close(fd);
}

/* A descriptor of an intact file, or -1. */
static int open_sound(const char *path, int64_t now)
{
	struct reason why;

	/* The second time finds what the first has created; nothing waits. */
	for (int tries = 0; tries < 2; tries++) {
		int fd = open(path,
		    O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);

		if (fd < 0) {
			if (errno != ENOENT)
				return -1;
			make(path, -1, now);
			continue;
		}
		switch (look_at(fd, &why)) {
		case KIND_SOUND:
			return fd;
		case KIND_OURS:
			if (flock(fd, LOCK_EX | LOCK_NB) == 0)
				make(path, fd, now);
			break;
		case KIND_FOREIGN:
			tries = 2;
			break;
		}
		close(fd);
	}
	return -1;
}

void counters_open(const char *cache_path, int64_t now)
{
	char path[PATH_MAX];
	void *at;
	int fd;

	counters_close();
	if (cache_path[0] == '\0' || !beside(path, cache_path, COUNTERS_SUFFIX))
		return;
	fd = open_sound(path, now);
	if (fd < 0)
		return;
	at = guard_map(fd, sizeof own, true);
	close(fd);
	if (at != NULL)
		counters_here = at;
}

void counters_close(void)
{
	struct counters_file *was = counters_here;

	counters_here = &own;
	if (was != &own)
		guard_unmap(was);
}

/* Each cell atomically, whatever is added to it meanwhile. */
static bool copy_cells(int fd, struct counters_file *copy, struct reason *why)
{
	uint64_t *to = (uint64_t *)copy;
	uint64_t *from = guard_map(fd, sizeof *copy, false);
	bool good;

	if (from == NULL) {
		reason_set(why, "%s", strerror(errno));
		return false;
	}
	for (size_t i = 0; i < sizeof *copy / sizeof *to; i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
	good = !guard_broke(from);
	if (!good)
		reason_set(why, "it was truncated while it was read");
	guard_unmap(from);
	return good;
}

enum counters_result counters_read(
    const char *cache_path, struct counters_file *copy, struct reason *why)
{
	char path[PATH_MAX];
	struct reason odd = {0};
	bool good;
	int fd;

	memset(copy, 0, sizeof *copy);
	if (cache_path[0] == '\0' ||
	    !beside(path, cache_path, COUNTERS_SUFFIX)) {
		reason_set(
		    why, "no cache is configured, so nothing is counted");
		return COUNTERS_BROKEN;
	}
	fd = open(
	    path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0) {
		reason_set(why, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? COUNTERS_ABSENT : COUNTERS_BROKEN;
	}
	good = look_at(fd, &odd) == KIND_SOUND && copy_cells(fd, copy, &odd);
	close(fd);
	if (good)
		return COUNTERS_READ;
	memset(copy, 0, sizeof *copy);
	reason_set(why, "%s: %s", path, odd.text);
	return COUNTERS_BROKEN;
}

/* ---- counting ---- */

void counters_observe(size_t histogram, int64_t usec)
{
	size_t i = 0;

	if (usec < 0)
		usec = 0;
	while (i < COUNTERS_BOUNDS && usec > counters_bounds[i] * INT64_C(1000))
		i++;
	counters_add(histogram + i, 1);
	counters_add(histogram + COUNTERS_BOUNDS + 1, (uint64_t)usec);
}

static uint64_t sum_of(const char *name, size_t len)
{
	uint64_t sum = bytes_checksum(name, len);

	return sum != 0 ? sum : 1;
}

/* All processes that use the slot write the same bytes, so it does not matter
 * if the one that claimed it died before it wrote. */
static void write_name(struct counters_slot *slot, const char *map, size_t len)
{
	uint64_t words[COUNTERS_NAME_MAX / sizeof(uint64_t)] = {0};

	memcpy(words, map, len);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		__atomic_store_n(&slot->name[i], words[i], __ATOMIC_RELAXED);
}

size_t counters_slot(const char *map)
{
	size_t len = strlen(map);
	uint64_t sum = sum_of(map, len);

	if (len == 0 || len > COUNTERS_NAME_MAX)
		return COUNTERS_OTHER;
	for (size_t i = 0; i < COUNTERS_MAPS; i++) {
		struct counters_slot *slot = &counters_here->slot[i];
		uint64_t seen = 0;

		if (__atomic_compare_exchange_n(&slot->sum, &seen, sum, false,
			__ATOMIC_RELAXED, __ATOMIC_RELAXED) ||
		    seen == sum) {
			write_name(slot, map, len);
			return i;
		}
	}
	return COUNTERS_OTHER;
}

void counters_slot_name(
    const struct counters_slot *slot, char name[static COUNTERS_NAME_MAX + 1])
{
	size_t len;

	memcpy(name, slot->name, COUNTERS_NAME_MAX);
	name[COUNTERS_NAME_MAX] = '\0';
	len = strlen(name);
	if (slot->sum != sum_of(name, len))
		name[0] = '\0';
}

const char *counters_class_name(enum counters_class class)
{
	switch (class) {
	case COUNTERS_STS_FETCH:
		return sts_failure_name(STS_FAILURE_FETCH);
	case COUNTERS_STS_INVALID:
		return sts_failure_name(STS_FAILURE_INVALID);
	case COUNTERS_STS_WEBPKI:
		return sts_failure_name(STS_FAILURE_WEBPKI);
	case COUNTERS_DNSSEC_INVALID:
		return "dnssec-invalid";
	case COUNTERS_TLSA_INVALID:
		return "tlsa-invalid";
	case COUNTERS_CLASS_KINDS:
		break;
	}
	return "";
}
