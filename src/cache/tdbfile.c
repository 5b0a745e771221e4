/* tdbfile: the cache's file as libtdb sees it.
 * SPDX-License-Identifier: MIT */
#include "cache/tdbfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <tdb.h>
#include "cache/own.h"

/* TDB_MUTEX_LOCKING would need TDB_CLEAR_IF_FIRST: the cache must outlive its
 * users.  The incompatible hash is the better one (Jenkins). */
#define TDBFILE_FLAGS (TDB_INCOMPATIBLE_HASH | TDB_NOLOCK | TDB_NOSYNC)
#define TDBFILE_MODE 0640
/* With a hash table much smaller than the number of records a fetch walks
 * long chains; much larger, an empty cache wastes its pages. */
#define TDBFILE_HASH_MIN 1009

static void discard_log(
    struct tdb_context *tdb, enum tdb_debug_level level, const char *fmt, ...)
{
	/* What matters comes back as an error code. */
	(void)tdb;
	(void)level;
	(void)fmt;
}

struct tdb_context *tdbfile_open(const char *path, uint32_t entries, int flags)
{
	static struct tdb_logging_context quiet = {discard_log, NULL};
	int hash =
	    entries < TDBFILE_HASH_MIN ? TDBFILE_HASH_MIN : (int)(entries | 1);
	struct tdb_context *tdb;
	struct stat st;

	/* open() would wait for the other end of a fifo. */
	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : ENOTSUP;
		return NULL;
	}
	errno = 0;
	tdb = tdb_open_ex(path, hash, TDBFILE_FLAGS,
	    flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, TDBFILE_MODE, &quiet,
	    NULL);
	if (tdb != NULL && (flags & O_CREAT) != 0)
		own_give(tdb_fd(tdb), path);
	return tdb;
}

/* ---- looking ---- */

struct name {
	char text[SEAL_KEY_MAX + 1];
	TDB_DATA data;
};

static TDB_DATA name_of(struct name *n, const char *key, int place)
{
	n->data.dsize = seal_key(key, place, n->text);
	n->data.dptr = (unsigned char *)n->text;
	return n->data;
}

bool tdbfile_was_cut(struct tdb_context *tdb)
{
	struct stat st;

	return fstat(tdb_fd(tdb), &st) != 0 ||
	       (uint64_t)st.st_size < tdb_map_size(tdb);
}

bool tdbfile_is_at(struct tdb_context *tdb, const char *key, uint64_t where)
{
	for (int place = 0; place < SEAL_PLACES; place++) {
		struct name n;

		name_of(&n, key, place);
		if (tdb_jenkins_hash(&n.data) % (unsigned)tdb_hash_size(tdb) ==
		    where)
			return true;
	}
	return false;
}

enum there { THERE, ABSENT, TORN };

/* tdb_exists() tells a damaged chain from one without the key; fetching does
 * not. */
static enum there is_there(struct tdb_context *tdb, TDB_DATA name)
{
	if (tdb_exists(tdb, name))
		return THERE;
	return tdb_error(tdb) == TDB_ERR_NOEXIST ? ABSENT : TORN;
}

static int read_serial(TDB_DATA key, TDB_DATA data, void *arg)
{
	(void)key;
	(void)seal_open(data.dptr, data.dsize, arg);
	return 0;
}

struct copy {
	uint8_t *buf;
	size_t len; /* 0: it does not fit */
	uint64_t serial;
};

static int copy_record(TDB_DATA key, TDB_DATA data, void *arg)
{
	struct copy *c = arg;
	size_t len = seal_open(data.dptr, data.dsize, &c->serial);

	(void)key;
	c->len = len <= RECORD_MAX ? len : 0;
	memcpy(c->buf, data.dptr, c->len);
	return 0;
}

/* A record that is damaged is none. */
static bool take(struct tdb_context *tdb, const char *key, int place,
    struct record *r, uint8_t *buf, struct tdbfile_found *found)
{
	struct copy c = {.buf = buf};
	struct name n;

	if (tdb_parse_record(tdb, name_of(&n, key, place), copy_record, &c) !=
	    0)
		return false;
	found->serial = c.serial;
	found->place = place;
	return record_parse(r, key, buf, c.len);
}

enum tdbfile_look tdbfile_look(struct tdb_context *tdb, const char *key,
    struct record *r, uint8_t *buf, struct tdbfile_found *found)
{
	enum there there[SEAL_PLACES];
	uint64_t serial[SEAL_PLACES] = {0, 0};
	struct name n;
	int first = 0;

	there[1] = is_there(tdb, name_of(&n, key, 1));
	if (there[1] == ABSENT && take(tdb, key, 0, r, buf, found))
		return TDBFILE_FOUND;
	there[0] = is_there(tdb, name_of(&n, key, 0));
	if (there[0] == THERE && there[1] == THERE) {
		for (int i = 0; i < SEAL_PLACES; i++)
			(void)tdb_parse_record(
			    tdb, name_of(&n, key, i), read_serial, &serial[i]);
		first = serial[1] > serial[0];
	} else if (there[1] == THERE) {
		first = 1;
	}
	for (int i = 0; i < SEAL_PLACES; i++) {
		int place = i == 0 ? first : 1 - first;

		if (there[place] == THERE &&
		    take(tdb, key, place, r, buf, found))
			return i == 0 && there[1 - place] != TORN
				   ? TDBFILE_FOUND
				   : TDBFILE_OLDER;
	}
	record_init(r);
	*found = (struct tdbfile_found){0};
	return there[0] == TORN || there[1] == TORN ? TDBFILE_TORN
						    : TDBFILE_ABSENT;
}

/* ---- changing ---- */

static enum tdbfile_change outcome(struct tdb_context *tdb, int rc)
{
	if (rc == 0)
		return TDBFILE_DONE;
	return tdb_error(tdb) == TDB_ERR_CORRUPT ? TDBFILE_DAMAGED
						 : TDBFILE_FULL;
}

/* data NULL: delete. */
static enum tdbfile_change write_place(struct tdb_context *tdb,
    struct page_cells *cells, struct name *n, const TDB_DATA *data)
{
	uint64_t changes = 0;
	int rc;

	if (cells != NULL) {
		changes = page_get(&cells->changes) | 1;
		page_set(&cells->where,
		    tdb_jenkins_hash(&n->data) % (unsigned)tdb_hash_size(tdb));
		page_set(&cells->changes, changes);
	}
	rc = data != NULL ? tdb_store(tdb, n->data, *data, TDB_REPLACE)
			  : tdb_delete(tdb, n->data);
	if (cells != NULL)
		page_set(&cells->changes, changes + 1);
	return outcome(tdb, rc);
}

static enum tdbfile_change put(struct tdb_context *tdb,
    struct page_cells *cells, const struct journal_entry *e, int place)
{
	static uint8_t buf[SEAL_MAX];
	TDB_DATA data = {.dptr = buf};
	struct name n;

	memcpy(buf, e->record, e->len);
	data.dsize = seal_close(buf, e->len, e->serial);
	name_of(&n, e->key, place);
	return write_place(tdb, cells, &n, &data);
}

/* The older one first: it must not come to light again. */
static enum tdbfile_change drop(struct tdb_context *tdb,
    struct page_cells *cells, const char *key, int newest)
{
	enum tdbfile_change result = TDBFILE_DONE;

	for (int i = 0; result == TDBFILE_DONE && i < SEAL_PLACES; i++) {
		struct name n;

		name_of(&n, key, i == 0 ? 1 - newest : newest);
		if (tdb_exists(tdb, n.data))
			result = write_place(tdb, cells, &n, NULL);
	}
	return result;
}

enum tdbfile_change tdbfile_change(struct tdb_context *tdb,
    struct page_cells *cells, const struct journal_entry *e, uint64_t synced)
{
	static uint8_t buf[RECORD_MAX];
	struct tdbfile_found found;
	enum tdbfile_look look;
	struct record r;
	int place = 0;

	look = tdbfile_look(tdb, e->key, &r, buf, &found);
	if (look == TDBFILE_TORN)
		return TDBFILE_DAMAGED;
	if (look != TDBFILE_ABSENT && found.serial >= e->serial)
		return TDBFILE_DONE;
	switch (e->kind) {
	case JOURNAL_DROP:
		return drop(tdb, cells, e->key, found.place);
	case JOURNAL_PUT:
		break;
	}
	if (look != TDBFILE_ABSENT)
		place = found.serial <= synced ? 1 - found.place : found.place;
	return put(tdb, cells, e, place);
}
