/* repair: opening a cache file whatever state it is in, and copying from it.
 * SPDX-License-Identifier: MIT */
#include "cache/repair.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <tdb.h>
#include <unistd.h>
#include "cache/record.h"

/* TDB_MUTEX_LOCKING would need TDB_CLEAR_IF_FIRST: the cache must outlive its
 * users.  The incompatible hash is the better one (Jenkins). */
#define REPAIR_FLAGS TDB_INCOMPATIBLE_HASH
#define REPAIR_MODE 0640
/* With a hash table much smaller than the number of records a fetch walks
 * long chains; much larger, an empty cache wastes its pages. */
#define REPAIR_HASH_MIN 1009
/* A truncated file is grown up to this (it is sparse); tdb's offsets end at
 * 4 GiB. */
#define REPAIR_GROW_MAX (INT64_C(1) << 31)

static void discard_log(
    struct tdb_context *tdb, enum tdb_debug_level level, const char *fmt, ...)
{
	/* What matters comes back as an error code. */
	(void)tdb;
	(void)level;
	(void)fmt;
}

/* The directory is that of a user who may not be trusted: only what root has
 * made there under this very name is given away, never what a link names. */
void repair_own(int fd, const char *path)
{
	struct stat file, named, dir;
	char name[PATH_MAX];
	char *slash;
	int err = errno;
	bool given;

	if (geteuid() != 0 ||
	    snprintf(name, sizeof name, "%s", path) >= (int)sizeof name)
		return;
	slash = strrchr(name, '/');
	if (slash == NULL)
		return;
	slash[slash == name ? 1 : 0] = '\0';
	/* Where it fails, whoever cannot open the file will tell. */
	given = fstat(fd, &file) == 0 && lstat(path, &named) == 0 &&
		S_ISREG(named.st_mode) && named.st_nlink == 1 &&
		named.st_dev == file.st_dev && named.st_ino == file.st_ino &&
		named.st_uid == 0 && stat(name, &dir) == 0 && dir.st_uid != 0 &&
		fchown(fd, dir.st_uid, dir.st_gid) == 0;
	(void)given;
	errno = err;
}

struct tdb_context *repair_open(const char *path, uint32_t entries, int flags)
{
	static struct tdb_logging_context quiet = {discard_log, NULL};
	int hash =
	    entries < REPAIR_HASH_MIN ? REPAIR_HASH_MIN : (int)(entries | 1);
	struct tdb_context *tdb;
	struct stat st;

	/* open() would wait for the other end of a fifo. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTSUP;
		return NULL;
	}
	errno = 0;
	tdb = tdb_open_ex(
	    path, hash, REPAIR_FLAGS, flags, REPAIR_MODE, &quiet, NULL);
	if (tdb != NULL && (flags & O_CREAT) != 0)
		repair_own(tdb_fd(tdb), path);
	return tdb;
}

bool repair_might_help(int err)
{
	return err == ENOENT || err == EIO || err == EINVAL || err == 0;
}

static bool beside(
    char name[static PATH_MAX], const char *path, const char *suffix)
{
	return snprintf(name, PATH_MAX, "%s%s", path, suffix) < PATH_MAX;
}

int repair_lock(const char *path)
{
	struct flock first = {.l_type = F_WRLCK, .l_len = 1};
	char name[PATH_MAX];
	int fd;

	if (!beside(name, path, ".mend"))
		return -1;
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, REPAIR_MODE);
	if (fd >= 0)
		repair_own(fd, name);
	if (fd >= 0 && fcntl(fd, F_SETLKW, &first) != 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What was cut off often was the room of a past transaction, which tdb wants
 * to look at when it opens the file: zeroes do. */
static struct tdb_context *grow_and_open(
    const char *path, uint32_t entries, off_t size)
{
	struct tdb_context *tdb = NULL;

	for (off_t to = size * 2; tdb == NULL && to < REPAIR_GROW_MAX;
	     to *= 2) {
		if (truncate(path, to) != 0)
			break;
		tdb = repair_open(path, entries, O_RDWR);
	}
	return tdb;
}

static struct tdb_context *revive(const char *path, uint32_t entries)
{
	char aside[PATH_MAX];
	struct tdb_context *tdb = repair_open(path, entries, O_RDWR);
	struct stat st;

	/* Another process was quicker. */
	if (tdb != NULL)
		return tdb;
	if (stat(path, &st) == 0 && st.st_size > 0) {
		tdb = grow_and_open(path, entries, st.st_size);
		if (tdb != NULL)
			return tdb;
		if (truncate(path, st.st_size) != 0 ||
		    !beside(aside, path, ".damaged") ||
		    rename(path, aside) != 0)
			return NULL;
	}
	return repair_open(path, entries, O_RDWR | O_CREAT);
}

struct tdb_context *repair_revive(const char *path, uint32_t entries)
{
	int lock = repair_lock(path), err;
	struct tdb_context *tdb;

	if (lock < 0)
		return NULL;
	tdb = revive(path, entries);
	err = errno;
	close(lock);
	errno = err;
	return tdb;
}

struct copy {
	struct tdb_context *to;
	uint32_t saved;
	bool failed;
};

static void copy_one(TDB_DATA key, TDB_DATA data, void *arg)
{
	struct copy *copy = arg;
	char text[DOMAIN_KEY_MAX + 1];
	struct record r;

	if (key.dsize > DOMAIN_KEY_MAX)
		return;
	memcpy(text, key.dptr, key.dsize);
	text[key.dsize] = '\0';
	if (!record_parse(&r, text, data.dptr, data.dsize))
		return;
	if (tdb_store(copy->to, key, data, TDB_REPLACE) != 0)
		copy->failed = true;
	else
		copy->saved++;
}

static int copy_walked(
    struct tdb_context *tdb, TDB_DATA key, TDB_DATA data, void *arg)
{
	(void)tdb;
	copy_one(key, data, arg);
	return 0;
}

/* No transaction: nobody sees the new file before it is whole and on disk. */
static bool copy_to(struct tdb_context *tdb, const char *path, uint32_t entries,
    enum repair_from from, uint32_t *saved)
{
	struct copy copy = {
	    .to = repair_open(path, entries, O_RDWR | O_CREAT | O_EXCL)};
	bool ok = false;

	if (copy.to == NULL)
		return false;
	switch (from) {
	case REPAIR_DAMAGED:
		ok = tdb_rescue(tdb, copy_one, &copy) == 0;
		break;
	case REPAIR_SOUND:
		ok = tdb_traverse_read(tdb, copy_walked, &copy) >= 0;
		break;
	}
	ok = ok && !copy.failed && fsync(tdb_fd(copy.to)) == 0;
	tdb_close(copy.to);
	*saved = copy.saved;
	return ok;
}

bool repair_copy(struct tdb_context *tdb, const char *path, uint32_t entries,
    enum repair_from from, uint32_t *saved)
{
	char fresh[PATH_MAX];
	bool locked, ok;

	if (!beside(fresh, path, ".new"))
		return false;
	/* Whoever waits for this lock to write finds the new file in place.
	 * Where the damage does not even allow a transaction, nobody else can
	 * write either. */
	locked = tdb_transaction_start(tdb) == 0;
	if (!locked && from == REPAIR_SOUND)
		return false;
	unlink(fresh);
	ok = copy_to(tdb, fresh, entries, from, saved) &&
	     rename(fresh, path) == 0;
	if (!ok)
		unlink(fresh);
	if (locked)
		tdb_transaction_cancel(tdb);
	return ok;
}
