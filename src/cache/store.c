/* store: the cache file, a tdb that all processes share.
 * SPDX-License-Identifier: MIT */
#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <tdb.h>
#include <unistd.h>
#include "cache/repair.h"

struct store {
	struct tdb_context *tdb; /* NULL: broken */
	char *path;
	uint32_t max_entries;
	dev_t dev;
	ino_t ino;
	bool reader; /* opened to look only */
	bool writable;
	bool damaged; /* tdb met something odd: mend before the next write */
	struct reason trouble;
};

static TDB_DATA text_data(const char *text)
{
	return (TDB_DATA){
	    .dptr = (unsigned char *)(uintptr_t)text, .dsize = strlen(text)};
}

static void remember_identity(struct store *s)
{
	struct stat st;

	if (fstat(tdb_fd(s->tdb), &st) == 0) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	}
}

static const char *words_of(int err)
{
	return err == ENOTSUP ? "it is no file" : strerror(err);
}

static void open_file(struct store *s)
{
	int err;

	s->writable = !s->reader;
	s->damaged = false;
	reason_clear(&s->trouble);
	s->tdb =
	    repair_open(s->path, s->max_entries, s->reader ? O_RDONLY : O_RDWR);
	err = errno;
	if (s->tdb == NULL && s->reader)
		reason_set(&s->trouble, "cache %s cannot be opened: %s",
		    s->path,
		    err == ENOENT || !repair_might_help(err) ? words_of(err)
							     : "it is damaged");
	else if (s->tdb == NULL && repair_might_help(err)) {
		s->tdb = repair_revive(s->path, s->max_entries);
		err = errno;
		s->damaged = s->tdb != NULL;
	}
	if (s->tdb == NULL && !s->reader) {
		s->writable = false;
		s->tdb = repair_open(s->path, s->max_entries, O_RDONLY);
		reason_set(&s->trouble, "cache %s cannot be %s: %s", s->path,
		    s->tdb != NULL ? "written" : "opened", words_of(err));
	}
	if (s->tdb != NULL)
		remember_identity(s);
}

static struct store *open_as(
    const char *path, uint32_t max_entries, bool reader)
{
	struct store *s = calloc(1, sizeof *s);

	if (s == NULL || (s->path = strdup(path)) == NULL)
		exit(EX_TEMPFAIL);
	s->max_entries = max_entries;
	s->reader = reader;
	if (path[0] == '\0')
		reason_set(&s->trouble, "no cache is configured");
	else
		open_file(s);
	return s;
}

struct store *store_open(const char *path, uint32_t max_entries)
{
	return open_as(path, max_entries, false);
}

struct store *store_open_read(const char *path, uint32_t max_entries)
{
	return open_as(path, max_entries, true);
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	if (s->tdb != NULL)
		tdb_close(s->tdb);
	free(s->path);
	free(s);
}

const struct reason *store_trouble(const struct store *s)
{
	return &s->trouble;
}

bool store_is_writable(const struct store *s)
{
	return s->tdb != NULL && s->writable;
}

static bool was_replaced(const struct store *s)
{
	struct stat st;

	return stat(s->path, &st) != 0 || st.st_dev != s->dev ||
	       st.st_ino != s->ino;
}

void store_refresh(struct store *s)
{
	if (s->path[0] == '\0')
		return;
	if (s->tdb != NULL && !was_replaced(s))
		return;
	if (s->tdb != NULL)
		tdb_close(s->tdb);
	open_file(s);
}

struct copy {
	uint8_t *buf;
	size_t len; /* SIZE_MAX: it does not fit */
};

static int copy_record(TDB_DATA key, TDB_DATA data, void *arg)
{
	struct copy *c = arg;

	(void)key;
	c->len = SIZE_MAX;
	if (data.dsize <= RECORD_MAX) {
		memcpy(c->buf, data.dptr, data.dsize);
		c->len = data.dsize;
	}
	return 0;
}

/* tdb_parse_record() found nothing: because there is nothing?  It says so for
 * a damaged hash chain as well; tdb_exists() tells the two apart. */
static bool is_absent(struct tdb_context *tdb, const char *key)
{
	return tdb_error(tdb) == TDB_ERR_NOEXIST &&
	       (tdb_exists(tdb, text_data(key)) ||
		   tdb_error(tdb) == TDB_ERR_NOEXIST);
}

enum store_result store_get(struct store *s, const char *key, struct record *r,
    uint8_t buf[static RECORD_MAX])
{
	struct copy c = {.buf = buf};

	record_init(r);
	if (s->tdb == NULL)
		return STORE_BROKEN;
	if (tdb_parse_record(s->tdb, text_data(key), copy_record, &c) != 0) {
		s->damaged |= !is_absent(s->tdb, key);
		return STORE_MISS;
	}
	if (c.len == SIZE_MAX || !record_parse(r, key, buf, c.len))
		return STORE_MISS;
	return STORE_FOUND;
}

static enum store_result trouble(struct store *s, const char *what)
{
	reason_set(&s->trouble, "cache %s: cannot %s: %s", s->path, what,
	    s->tdb != NULL ? tdb_errorstr(s->tdb) : strerror(errno));
	return STORE_BROKEN;
}

enum store_result store_begin(struct store *s)
{
	/* Twice at most: a file that is replaced while we wait for its lock
	 * is opened anew, and only a mend replaces files. */
	for (int tries = 0; tries < 2; tries++) {
		uint32_t saved;

		if (!store_is_writable(s))
			return STORE_BROKEN;
		if (s->damaged && store_repair(s, &saved) == STORE_BROKEN)
			return STORE_BROKEN;
		if (tdb_transaction_start(s->tdb) != 0) {
			s->damaged |= tdb_error(s->tdb) == TDB_ERR_CORRUPT;
			return trouble(s, "start a transaction");
		}
		if (!was_replaced(s))
			return STORE_FOUND;
		tdb_transaction_cancel(s->tdb);
		store_refresh(s);
	}
	return STORE_BROKEN;
}

enum store_result store_commit(struct store *s)
{
	/* A failed commit has already undone and ended the transaction. */
	if (tdb_transaction_commit(s->tdb) != 0) {
		s->damaged |= tdb_error(s->tdb) == TDB_ERR_CORRUPT;
		return trouble(s, "commit (is the disk full?)");
	}
	reason_clear(&s->trouble);
	return STORE_FOUND;
}

void store_cancel(struct store *s)
{
	if (s->tdb != NULL && tdb_transaction_active(s->tdb))
		tdb_transaction_cancel(s->tdb);
}

static enum store_result change_once(
    struct store *s, TDB_DATA key, const TDB_DATA *data)
{
	int rc = data != NULL ? tdb_store(s->tdb, key, *data, TDB_REPLACE)
			      : tdb_delete(s->tdb, key);

	if (rc == 0)
		return STORE_FOUND;
	if (data == NULL && tdb_error(s->tdb) == TDB_ERR_NOEXIST)
		return STORE_MISS;
	s->damaged |= tdb_error(s->tdb) == TDB_ERR_CORRUPT;
	return trouble(s, data != NULL ? "store" : "delete");
}

/* Join the transaction that the caller began, or make one of our own; the
 * latter again after the damage that it met was mended. */
static enum store_result change(
    struct store *s, const char *key, const TDB_DATA *data)
{
	enum store_result result = STORE_BROKEN;

	if (s->tdb != NULL && tdb_transaction_active(s->tdb))
		return change_once(s, text_data(key), data);
	for (int tries = 0; tries < 2; tries++) {
		if (store_begin(s) != STORE_FOUND)
			return STORE_BROKEN;
		result = change_once(s, text_data(key), data);
		if (result == STORE_FOUND)
			return store_commit(s);
		store_cancel(s);
		if (!s->damaged)
			break;
	}
	return result;
}

enum store_result store_put(
    struct store *s, const char *key, const struct record *r)
{
	static uint8_t buf[RECORD_MAX];
	TDB_DATA data = {.dptr = buf, .dsize = record_format(r, key, buf)};

	return change(s, key, &data);
}

enum store_result store_touch(struct store *s, const char *key, int64_t now)
{
	static uint8_t buf[RECORD_MAX];
	enum store_result result;
	struct record r;

	if (store_begin(s) != STORE_FOUND)
		return STORE_BROKEN;
	result = store_get(s, key, &r, buf);
	if (result == STORE_FOUND) {
		r.used = now;
		if (r.uses < UINT32_MAX)
			r.uses++;
		result = store_put(s, key, &r);
	}
	if (result == STORE_FOUND)
		return store_commit(s);
	store_cancel(s);
	return result;
}

enum store_result store_drop(struct store *s, const char *key)
{
	return change(s, key, NULL);
}

struct walk {
	store_visit *visit;
	void *arg;
};

static bool key_text(TDB_DATA key, char text[static DOMAIN_KEY_MAX + 1])
{
	if (key.dsize > DOMAIN_KEY_MAX)
		return false;
	memcpy(text, key.dptr, key.dsize);
	text[key.dsize] = '\0';
	return true;
}

static int walk_one(
    struct tdb_context *tdb, TDB_DATA key, TDB_DATA data, void *arg)
{
	struct walk *w = arg;
	char text[DOMAIN_KEY_MAX + 1];

	(void)tdb;
	if (!key_text(key, text))
		return 0;
	return w->visit(text, data.dptr, data.dsize, w->arg) ? 0 : -1;
}

enum store_result store_walk(struct store *s, store_visit *visit, void *arg)
{
	struct walk w = {visit, arg};
	bool corrupt;

	if (s->tdb == NULL)
		return STORE_BROKEN;
	/* One lock instead of two system calls for each hash chain: 0.1 s at
	 * 200 000 records instead of 0.5 s.  Writers wait either way. */
	/* tdb gives this lock only to who may write. */
	if (s->writable && tdb_lockall_read(s->tdb) != 0)
		return trouble(s, "lock for reading");
	/* -1 stands for an error or for a visit that stopped; only the first
	 * sets an error code. */
	corrupt = tdb_traverse_read(s->tdb, walk_one, &w) < 0 &&
		  tdb_error(s->tdb) == TDB_ERR_CORRUPT;
	if (s->writable)
		tdb_unlockall_read(s->tdb);
	if (!corrupt)
		return STORE_FOUND;
	s->damaged = true;
	return trouble(s, "read all records");
}

#define STORE_PART 4096 /* chains, each locked while it is read */

enum store_result store_walk_part(
    struct store *s, struct store_part *part, store_visit *visit, void *arg)
{
	struct walk w = {visit, arg};
	bool corrupt = false, stopped = false;

	if (s->tdb == NULL)
		return STORE_BROKEN;
	part->of = (uint32_t)tdb_hash_size(s->tdb);
	for (uint32_t end = part->at + STORE_PART;
	     !stopped && part->at < end && part->at < part->of; part->at++) {
		stopped =
		    tdb_traverse_chain(s->tdb, part->at, walk_one, &w) < 0;
		corrupt = stopped && tdb_error(s->tdb) == TDB_ERR_CORRUPT;
	}
	if (corrupt) {
		s->damaged = true;
		return trouble(s, "read all records");
	}
	return stopped || part->at >= part->of ? STORE_MISS : STORE_FOUND;
}

bool store_is_sound(struct store *s)
{
	return s->tdb != NULL && tdb_check(s->tdb, NULL, NULL) == 0;
}

bool store_size(const struct store *s, uint64_t *file, uint64_t *index)
{
	struct stat st;

	if (s->tdb == NULL || fstat(tdb_fd(s->tdb), &st) != 0)
		return false;
	*file = (uint64_t)st.st_size;
	/* A head of 168 bytes; the list of free room is one more chain. */
	*index = 168 + ((uint64_t)tdb_hash_size(s->tdb) + 1) * 4;
	return true;
}

enum store_result store_repair(struct store *s, uint32_t *saved)
{
	enum store_result result = STORE_MISS;
	int lock;

	*saved = 0;
	if (s->tdb == NULL || !s->writable)
		return STORE_BROKEN;
	lock = repair_lock(s->path);
	if (lock < 0)
		return trouble(s, "lock for mending");
	if (was_replaced(s))
		store_refresh(s);
	if (s->tdb == NULL) {
		result = STORE_BROKEN;
	} else if (tdb_check(s->tdb, NULL, NULL) == 0) {
		result = STORE_FOUND;
	} else if (repair_copy(s->tdb, s->path, s->max_entries, REPAIR_DAMAGED,
		       saved)) {
		store_refresh(s);
	} else {
		result = trouble(s, "mend");
	}
	s->damaged = result == STORE_BROKEN;
	close(lock);
	return result;
}

enum store_result store_repack(struct store *s)
{
	enum store_result result = STORE_FOUND;
	uint32_t saved;
	int lock;

	if (!store_is_writable(s))
		return STORE_BROKEN;
	lock = repair_lock(s->path);
	if (lock < 0)
		return trouble(s, "lock for repacking");
	if (was_replaced(s))
		store_refresh(s);
	if (s->tdb != NULL &&
	    repair_copy(s->tdb, s->path, s->max_entries, REPAIR_SOUND, &saved))
		store_refresh(s);
	else
		result = trouble(s, "repack");
	close(lock);
	return result;
}
