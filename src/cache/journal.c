/* journal: the changes of the cache in the order in which they were made.
 * SPDX-License-Identifier: MIT */
#include "cache/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "cache/own.h"
#include "wire/bytes.h"

/* Layout, integers big-endian:
 *	u32 magic, u32 length of all, u64 checksum of what follows,
 *	u64 serial, u8 kind, text key, the record. */
#define JOURNAL_MAGIC 0x4d58504au /* "MXPJ" */
#define JOURNAL_HEAD (4 + 4 + 8)
#define JOURNAL_MODE 0640
#define JOURNAL_CHUNK (4 * JOURNAL_ENTRY_MAX)

size_t journal_length(const char *key, size_t len)
{
	return JOURNAL_HEAD + 8 + 1 + 2 + strlen(key) + len;
}

size_t journal_format(const struct journal_entry *e, uint8_t *buf)
{
	size_t len = journal_length(e->key, e->len);
	struct bytes b, head;

	bytes_init(&b, buf + JOURNAL_HEAD, len - JOURNAL_HEAD);
	bytes_put_u64(&b, e->serial);
	bytes_put_u8(&b, (uint8_t)e->kind);
	bytes_put_text(&b, e->key);
	bytes_put(&b, e->record, e->len);
	bytes_init(&head, buf, JOURNAL_HEAD);
	bytes_put_u32(&head, JOURNAL_MAGIC);
	bytes_put_u32(&head, (uint32_t)len);
	bytes_put_u64(
	    &head, bytes_checksum(buf + JOURNAL_HEAD, len - JOURNAL_HEAD));
	return len;
}

static bool parse_body(
    struct journal_entry *e, const uint8_t *buf, size_t len, uint64_t sum)
{
	/* The cursor is for both directions; reading leaves buf alone. */
	uint8_t *body = (uint8_t *)(uintptr_t)buf + JOURNAL_HEAD;
	struct bytes b;
	uint8_t kind;

	bytes_init(&b, body, len - JOURNAL_HEAD);
	if (sum != bytes_checksum(body, len - JOURNAL_HEAD))
		return false;
	e->serial = bytes_get_u64(&b);
	kind = bytes_get_u8(&b);
	e->kind = (enum journal_kind)kind;
	bytes_get_text(&b, e->key, sizeof e->key);
	e->len = (size_t)(b.end - b.at);
	e->record = b.at;
	return !b.bad && e->len <= RECORD_MAX &&
	       (kind == JOURNAL_PUT || (kind == JOURNAL_DROP && e->len == 0));
}

enum journal_parse journal_parse(
    struct journal_entry *e, const uint8_t *buf, size_t len, size_t *used)
{
	uint8_t *head = (uint8_t *)(uintptr_t)buf;
	struct bytes b;
	uint32_t size;
	uint64_t sum;

	if (len < JOURNAL_HEAD)
		return JOURNAL_PARTIAL;
	bytes_init(&b, head, JOURNAL_HEAD);
	if (bytes_get_u32(&b) != JOURNAL_MAGIC)
		return JOURNAL_BROKEN;
	size = bytes_get_u32(&b);
	sum = bytes_get_u64(&b);
	if (size < JOURNAL_HEAD || size > JOURNAL_ENTRY_MAX)
		return JOURNAL_BROKEN;
	if (size > len)
		return JOURNAL_PARTIAL;
	*used = size;
	return parse_body(e, buf, size, sum) ? JOURNAL_WHOLE : JOURNAL_BROKEN;
}

static bool beside(
    char name[static PATH_MAX], const char *path, const char *suffix)
{
	errno = ENAMETOOLONG;
	return snprintf(name, PATH_MAX, "%s%s", path, suffix) < PATH_MAX;
}

int journal_open(const char *cache_path, bool *made)
{
	const int flags =
	    O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	char name[PATH_MAX];
	struct stat st;
	int fd;

	*made = false;
	if (!beside(name, cache_path, JOURNAL_SUFFIX))
		return -1;
	fd = open(name, flags);
	*made = fd < 0 && errno == ENOENT;
	if (*made)
		fd = open(name, flags | O_CREAT, JOURNAL_MODE);
	if (fd < 0)
		return -1;
	own_give(fd, name);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	close(fd);
	errno = ENOTSUP;
	return -1;
}

static bool write_all(int fd, const uint8_t *at, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

bool journal_append(int fd, uint64_t *end, const uint8_t *bytes, size_t len)
{
	struct stat st;
	int err;

	if (fstat(fd, &st) != 0)
		return false;
	/* Shorter: somebody cut it. */
	if ((uint64_t)st.st_size < *end)
		*end = (uint64_t)st.st_size;
	if ((uint64_t)st.st_size > *end && ftruncate(fd, (off_t)*end) != 0)
		return false;
	if (write_all(fd, bytes, len)) {
		*end += len;
		return true;
	}
	err = errno;
	(void)!ftruncate(fd, (off_t)*end);
	errno = err;
	return false;
}

/* ---- a new one ---- */

enum journal_turn journal_turn(const char *cache_path)
{
	char name[PATH_MAX], old[PATH_MAX];
	struct stat st;

	if (!beside(name, cache_path, JOURNAL_SUFFIX) ||
	    !beside(old, cache_path, JOURNAL_OLD_SUFFIX))
		return JOURNAL_FAILED;
	if (lstat(old, &st) == 0)
		return JOURNAL_HAS_OLD;
	return rename(name, old) == 0 || errno == ENOENT ? JOURNAL_TURNED
							 : JOURNAL_FAILED;
}

bool journal_sync_old(const char *cache_path)
{
	char name[PATH_MAX];
	bool ok;
	int fd;

	if (!beside(name, cache_path, JOURNAL_OLD_SUFFIX))
		return false;
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT;
	ok = fdatasync(fd) == 0;
	close(fd);
	return ok;
}

bool journal_forget_old(const char *cache_path)
{
	char name[PATH_MAX];

	return beside(name, cache_path, JOURNAL_OLD_SUFFIX) &&
	       (unlink(name) == 0 || errno == ENOENT);
}

/* ---- reading ---- */

struct reader {
	int fd;
	uint8_t *buf;
	size_t got; /* bytes in buf */
	bool over;  /* there are no more */
};

static bool read_more(struct reader *in)
{
	while (!in->over && in->got < JOURNAL_CHUNK) {
		ssize_t n =
		    read(in->fd, in->buf + in->got, JOURNAL_CHUNK - in->got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		in->over = n == 0;
		in->got += (size_t)n;
	}
	return true;
}

static bool play(
    struct reader *in, journal_visit *visit, void *arg, uint64_t *end)
{
	static struct journal_entry e;
	size_t at = 0, used;

	for (;;) {
		switch (journal_parse(&e, in->buf + at, in->got - at, &used)) {
		case JOURNAL_WHOLE:
			if (!visit(&e, arg))
				return false;
			at += used;
			*end += used;
			break;
		case JOURNAL_BROKEN:
			return true;
		case JOURNAL_PARTIAL:
			if (in->over)
				return true;
			in->got -= at;
			memmove(in->buf, in->buf + at, in->got);
			at = 0;
			if (!read_more(in))
				return false;
			break;
		}
	}
}

bool journal_play(const char *cache_path, const char *suffix,
    journal_visit *visit, void *arg, uint64_t *end)
{
	struct reader in = {.fd = -1};
	char name[PATH_MAX];
	bool ok;

	*end = 0;
	if (!beside(name, cache_path, suffix))
		return false;
	in.fd = open(
	    name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	if (in.fd < 0)
		return errno == ENOENT;
	in.buf = xmalloc(JOURNAL_CHUNK);
	ok = read_more(&in) && play(&in, visit, arg, end);
	free(in.buf);
	close(in.fd);
	return ok;
}
