/* lookup_lock: one lookup at a time for a key, over all processes.
 * SPDX-License-Identifier: MIT */
#include "cache/lookup_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "cache/repair.h"
#include "wire/bytes.h"

struct lookup_lock {
	int fd; /* -1: no coordination */
};

struct lookup_lock *lookup_lock_open(const char *cache_path)
{
	struct lookup_lock *f = malloc(sizeof *f);
	char path[4096];
	int n = snprintf(path, sizeof path, "%s.lock", cache_path);

	if (f == NULL)
		exit(EX_TEMPFAIL);
	f->fd = -1;
	if (cache_path[0] != '\0' && n > 0 && (size_t)n < sizeof path)
		f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (f->fd >= 0)
		repair_own(f->fd, path);
	return f;
}

void lookup_lock_close(struct lookup_lock *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static int set_lock(struct lookup_lock *f, const char *key, short type)
{
	/* 62 bits: two keys that share an offset wait for each other once in a
	 * lifetime, which does no harm. */
	struct flock l = {.l_type = type,
	    .l_whence = SEEK_SET,
	    .l_start = (off_t)(bytes_checksum(key, strlen(key)) >> 2),
	    .l_len = 1};

	return fcntl(f->fd, F_SETLK, &l);
}

enum lookup_lock_result lookup_lock_take(struct lookup_lock *f, const char *key)
{
	if (f->fd < 0 || set_lock(f, key, F_WRLCK) == 0)
		return LOOKUP_LOCK_MINE;
	/* ENOLCK and the like: better two lookups than none. */
	return errno == EAGAIN || errno == EACCES ? LOOKUP_LOCK_BUSY
						  : LOOKUP_LOCK_MINE;
}

void lookup_lock_leave(struct lookup_lock *f, const char *key)
{
	if (f->fd >= 0)
		(void)set_lock(f, key, F_UNLCK);
}
