/* page: what all processes know of the cache, in shared memory, and its locks.
 * SPDX-License-Identifier: MIT */
#include "cache/page.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/own.h"
#include "count/guard.h"

#define PAGE_SIZE 4096
/* "mxppage" and the version of the layout. */
#define PAGE_MAGIC UINT64_C(0x6d78707061676501)
#define PAGE_OPEN_MS 1000 /* to wait for who makes it */
#define PAGE_MODE 0640
#define PAGE_BOOT_SLACK 2 /* seconds, where the boot has no name */

/* ---- which boot ---- */

struct boot {
	uint64_t id[2]; /* 0: it cannot be known */
	int64_t began;
};

static uint64_t hex_word(const char *text, size_t *at)
{
	uint64_t word = 0;
	int digits = 0;

	for (; text[*at] != '\0' && digits < 16; ++*at) {
		char c = text[*at];

		if (c >= '0' && c <= '9')
			word = word << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			word = word << 4 | (uint64_t)(c - 'a' + 10);
		else
			continue;
		digits++;
	}
	return word;
}

static const struct boot *this_boot(void)
{
	static struct boot boot;
	char text[64] = "";
	size_t at = 0;
	int fd;

	if (boot.began != 0)
		return &boot;
	boot.began = clock_booted();
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return &boot;
	if (read(fd, text, sizeof text - 1) > 0) {
		boot.id[0] = hex_word(text, &at);
		boot.id[1] = hex_word(text, &at);
	}
	close(fd);
	return &boot;
}

bool page_is_of_this_boot(const struct page *p)
{
	const struct boot *boot = this_boot();
	uint64_t id[2] = {
	    page_get(&p->cells->boot[0]), page_get(&p->cells->boot[1])};
	int64_t apart = (int64_t)page_get(&p->cells->began) - boot->began;

	if (id[0] != 0 && boot->id[0] != 0)
		return id[0] == boot->id[0] && id[1] == boot->id[1];
	return apart >= -PAGE_BOOT_SLACK && apart <= PAGE_BOOT_SLACK;
}

void page_adopt(struct page *p)
{
	const struct boot *boot = this_boot();

	page_set(&p->cells->boot[0], 0);
	page_set(&p->cells->boot[1], boot->id[1]);
	page_set(&p->cells->began, (uint64_t)boot->began);
	page_set(&p->cells->boot[0], boot->id[0]);
}

/* ---- the file ---- */

static bool beside(char name[static PATH_MAX], const char *path)
{
	return snprintf(name, PATH_MAX, "%s" PAGE_SUFFIX, path) < PATH_MAX;
}

bool page_is_whole(const struct page *p)
{
	return page_get(&p->cells->magic) == PAGE_MAGIC;
}

bool page_was_replaced(const struct page *p, const char *cache_path)
{
	struct stat mine, named;
	char name[PATH_MAX];

	return !beside(name, cache_path) || fstat(p->fd, &mine) != 0 ||
	       lstat(name, &named) != 0 || mine.st_dev != named.st_dev ||
	       mine.st_ino != named.st_ino;
}

/* Its room is allocated before it is mapped: a sparse page would be a bus error
 * when the disk is full. */
static bool has_room(struct page *p)
{
	struct stat st;

	if (fstat(p->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1) {
		errno = ENOTSUP;
		return false;
	}
	if (st.st_size >= PAGE_SIZE)
		return true;
	if (!p->writable) {
		errno = ENOENT;
		return false;
	}
	errno = posix_fallocate(p->fd, 0, PAGE_SIZE);
	return errno == 0;
}

/* It is new, or the rest of a loss of power. */
static bool make_cells(struct page *p)
{
	struct page_cells *c = p->cells;

	if (page_lock(p, PAGE_WRITER, clock_ms() + PAGE_OPEN_MS) != PAGE_MINE) {
		errno = EAGAIN;
		return false;
	}
	if (!page_is_whole(p)) {
		memset(c, 0, sizeof *c);
		if (getrandom(c->key, sizeof c->key, GRND_NONBLOCK) < 0)
			c->key[0] = (uint64_t)clock_us() ^ (uintptr_t)&errno;
		page_set(&c->names, 1);
		page_set(&c->magic, PAGE_MAGIC);
	}
	page_unlock(p, PAGE_WRITER);
	return page_is_whole(p);
}

static bool map_cells(struct page *p)
{
	if (!has_room(p))
		return false;
	p->cells = guard_map(p->fd, PAGE_SIZE, p->writable);
	if (p->cells == NULL)
		return false;
	if (page_is_whole(p))
		return true;
	errno = ENOENT;
	return p->writable && make_cells(p);
}

struct page *page_open(const char *cache_path, bool writer)
{
	struct page *p = xcalloc(1, sizeof *p);
	int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, err;
	char name[PATH_MAX];

	errno = ENAMETOOLONG;
	p->fd = -1;
	p->writable = writer;
	if (beside(name, cache_path))
		p->fd = open(name,
		    flags | (writer ? O_RDWR | O_CREAT : O_RDONLY), PAGE_MODE);
	if (p->fd >= 0 && writer)
		own_give(p->fd, name);
	if (p->fd >= 0 && map_cells(p))
		return p;
	err = errno;
	page_close(p);
	errno = err;
	return NULL;
}

void page_close(struct page *p)
{
	if (p == NULL)
		return;
	guard_unmap(p->cells);
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

/* ---- locks ---- */

static enum page_lock try_lock(struct page *p, int64_t at, short type)
{
	struct flock l = {
	    .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

	if (fcntl(p->fd, F_SETLK, &l) == 0)
		return PAGE_MINE;
	return errno == EAGAIN || errno == EACCES ? PAGE_BUSY : PAGE_NEVER;
}

/* A change takes 20 microseconds; who waits longer looks less often. */
static void nap(int tries)
{
	struct timespec t = {.tv_nsec = tries < 50 ? 50000 : 1000000};

	ppoll(NULL, 0, &t, NULL);
}

static enum page_lock wait_lock(
    struct page *p, int64_t at, short type, int64_t deadline_ms)
{
	enum page_lock result = try_lock(p, at, type);
	int64_t began = clock_ms(), end = deadline_ms;

	if (began < p->stuck_until && end > began + PAGE_STUCK_TRY_MS)
		end = began + PAGE_STUCK_TRY_MS;
	for (int tries = 0; result == PAGE_BUSY && clock_ms() < end; tries++) {
		nap(tries);
		result = try_lock(p, at, type);
	}
	if (result == PAGE_BUSY && clock_ms() - began >= PAGE_STUCK_AFTER_MS)
		p->stuck_until = clock_ms() + PAGE_STUCK_MS;
	else if (result == PAGE_MINE)
		p->stuck_until = 0;
	return result;
}

enum page_lock page_lock(struct page *p, int64_t at, int64_t deadline_ms)
{
	return wait_lock(p, at, F_WRLCK, deadline_ms);
}

enum page_lock page_lock_shared(struct page *p, int64_t at, int64_t deadline_ms)
{
	return wait_lock(p, at, F_RDLCK, deadline_ms);
}

void page_unlock(struct page *p, int64_t at)
{
	(void)try_lock(p, at, F_UNLCK);
}
