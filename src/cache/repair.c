/* repair: cache files in any state: reviving and rescuing them.
 * SPDX-License-Identifier: MIT */
#include "cache/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tdb.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "cache/journal.h"
#include "cache/tdbfile.h"
#include "count/guard.h"

/* A truncated file is grown up to this (it is sparse); tdb's offsets end at
 * 4 GiB. */
#define REPAIR_GROW_MAX (INT64_C(1) << 31)
#define SCAN_CHUNK (16 * SEAL_MAX)

bool repair_might_help(int err)
{
	/* ENOSYS: its head asks for what tdb does not know. */
	return err == ENOENT || err == EIO || err == EINVAL || err == ENOSYS ||
	       err == 0;
}

static bool beside(
    char name[static PATH_MAX], const char *path, const char *suffix)
{
	return snprintf(name, PATH_MAX, "%s%s", path, suffix) < PATH_MAX;
}

/* What was cut off often was the room of a past transaction, which tdb wants
 * to look at when it opens the file: zeroes do. */
static struct tdb_context *grow_and_open(
    const char *path, uint32_t entries, off_t size)
{
	struct tdb_context *tdb = NULL;
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	/* A file of that name and no other. */
	if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_nlink != 1)) {
		close(fd);
		return NULL;
	}
	for (off_t to = size * 2;
	     fd >= 0 && tdb == NULL && to < REPAIR_GROW_MAX; to *= 2) {
		if (ftruncate(fd, to) != 0)
			break;
		tdb = tdbfile_open(path, entries, O_RDWR);
	}
	if (fd >= 0 && tdb == NULL)
		(void)!ftruncate(fd, size);
	if (fd >= 0)
		close(fd);
	return tdb;
}

/* Beside the name first, which nobody ever sees incomplete. */
static struct tdb_context *make(const char *path, uint32_t entries)
{
	struct tdb_context *tdb;
	char fresh[PATH_MAX];
	int err;

	if (!beside(fresh, path, ".new"))
		return NULL;
	unlink(fresh);
	tdb = tdbfile_open(fresh, entries, O_RDWR | O_CREAT | O_EXCL);
	if (tdb != NULL && rename(fresh, path) == 0)
		return tdb;
	err = errno;
	if (tdb != NULL)
		tdb_close(tdb);
	unlink(fresh);
	errno = err;
	return NULL;
}

struct tdb_context *repair_revive(const char *path, uint32_t entries)
{
	char aside[PATH_MAX];
	struct tdb_context *tdb = tdbfile_open(path, entries, O_RDWR);
	struct stat st;

	/* Another process was quicker. */
	if (tdb != NULL || !repair_might_help(errno))
		return tdb;
	if (lstat(path, &st) == 0 && st.st_size > 0) {
		tdb = grow_and_open(path, entries, st.st_size);
		if (tdb != NULL)
			return tdb;
		if (!beside(aside, path, ".damaged") ||
		    rename(path, aside) != 0)
			return NULL;
	}
	return make(path, entries);
}

/* ---- copying ---- */

struct copy {
	struct tdb_context *to;
	uint64_t serial;
	bool failed;
};

static bool copy_entry(const struct journal_entry *e, void *arg)
{
	struct copy *copy = arg;

	if (e->serial > copy->serial)
		copy->serial = e->serial;
	/* Nobody sees the new file before it is whole: nothing in it is to be
	 * kept from being written over. */
	if (tdbfile_change(copy->to, NULL, e, 0) != TDBFILE_DONE)
		copy->failed = true;
	return !copy->failed;
}

static void copy_one(TDB_DATA key, TDB_DATA data, void *arg)
{
	struct journal_entry e = {.kind = JOURNAL_PUT, .record = data.dptr};
	struct record r;
	int place;

	if (!seal_key_open(key.dptr, key.dsize, e.key, &place))
		return;
	e.len = seal_open(data.dptr, data.dsize, &e.serial);
	if (record_parse(&r, e.key, data.dptr, e.len))
		(void)copy_entry(&e, arg);
}

/* Is this the beginning of a record of ours?  It proves itself.  No policy that
 * is cached can hold one: the zeroes in it are no text. */
static void copy_found(const uint8_t *at, size_t left, struct copy *copy)
{
	static struct journal_entry e;
	struct record r;
	size_t sealed;

	e = (struct journal_entry){.kind = JOURNAL_PUT, .record = at};
	if (!record_peek(at, left, &e.len, e.key))
		return;
	sealed = e.len + SEAL_LEN <= left ? e.len + SEAL_LEN : e.len;
	if (seal_open(at, sealed, &e.serial) != e.len)
		e.serial = 0;
	if (record_parse(&r, e.key, at, e.len))
		(void)copy_entry(&e, copy);
}

/* tdb_rescue() leaves out what a torn list of free room seems to cover: look at
 * each byte.  What was written over or dropped long ago comes to light as well;
 * of each key the newest stands. */
static bool scan(int fd, struct copy *copy)
{
	uint8_t *buf = xmalloc(SCAN_CHUNK);
	ssize_t got;
	off_t from = 0;

	do {
		const uint8_t *at = buf, *end;

		got = pread(fd, buf, SCAN_CHUNK, from);
		end = buf + (got > 0 ? got : 0);
		while ((at = memmem(at, (size_t)(end - at), RECORD_MARK,
			    strlen(RECORD_MARK))) != NULL) {
			copy_found(at, (size_t)(end - at), copy);
			at++;
		}
		from += SCAN_CHUNK - SEAL_MAX;
	} while (got == SCAN_CHUNK && !copy->failed);
	free(buf);
	return got >= 0 && !copy->failed;
}

static bool copy_all(
    struct tdb_context *from, struct copy *copy, const char *path)
{
	uint64_t end;

	return tdb_rescue(from, copy_one, copy) == 0 && !copy->failed &&
	       scan(tdb_fd(from), copy) &&
	       journal_play(path, JOURNAL_OLD_SUFFIX, copy_entry, copy, &end) &&
	       journal_play(path, JOURNAL_SUFFIX, copy_entry, copy, &end);
}

bool repair_sync_names(const char *path)
{
	char dir[PATH_MAX];
	char *slash;
	bool ok;
	int fd;

	if (!beside(dir, path, ""))
		return false;
	slash = strrchr(dir, '/');
	if (slash == NULL)
		snprintf(dir, sizeof dir, ".");
	else
		slash[slash == dir ? 1 : 0] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = fsync(fd) == 0;
	close(fd);
	return ok;
}

bool repair_rescue(struct tdb_context *tdb, const char *path, uint32_t entries,
    uint32_t *saved, uint64_t *serial)
{
	struct copy copy = {.serial = *serial};
	char fresh[PATH_MAX];
	int n;
	bool ok;

	if (!beside(fresh, path, ".new"))
		return false;
	unlink(fresh);
	copy.to = tdbfile_open(fresh, entries, O_RDWR | O_CREAT | O_EXCL);
	if (copy.to == NULL)
		return false;
	guard_enter();
	ok = copy_all(tdb, &copy, path);
	/* Of the old file or the new one, which then is not what it seems. */
	ok = !guard_leave() && ok;
	ok = ok && (n = tdb_traverse_read(copy.to, NULL, NULL)) >= 0 &&
	     fsync(tdb_fd(copy.to)) == 0;
	tdb_close(copy.to);
	ok = ok && rename(fresh, path) == 0 && repair_sync_names(path);
	if (!ok) {
		unlink(fresh);
		return false;
	}
	*saved = (uint32_t)n;
	*serial = copy.serial;
	return true;
}
