/* records: what the shared cache holds of a domain, believed as far as it
 * proves itself.
 * SPDX-License-Identifier: MIT
 *
 * The name of a record is "mxpolicy:VERSION:record:KEY", its value the bytes of
 * the cache's own format, and behind them the seal over name and bytes. */
#ifndef MXPOLICY_SHARE_RECORDS_H
#define MXPOLICY_SHARE_RECORDS_H

#include "cache/record.h"
#include "share/redis.h"
#include "share/proof.h"
#include "wire/share.h"

#define RECORDS_NAME_MAX (DOMAIN_KEY_MAX + 32)
/* A lease is free again after so long, whatever became of its holder. */
#define RECORDS_LEASE_MS 10000

/* What went on, since the start. */
struct records_count {
	uint64_t asked, found, refused, down, put, leases;
};

struct records {
	struct redis *write; /* the server that is written to */
	struct redis *read;  /* the same, or a replica */
	const struct proof *proof;
	bool trust;	/* what is not sealed is believed */
	bool read_only; /* nothing is ever written */
	size_t asks;	/* questions that are open, and leases that are held */
	struct records_count count;
};

/* r is set for SHARE_OK only, and valid during the call, as is its text. */
typedef void records_got(void *arg, enum share_why why, const struct record *r);

/* What is there?  got is called once, perhaps from inside.  fresh: from the
 * server that is written to. */
void records_get(struct records *rs, const char *key, bool fresh,
    records_got *got, void *arg);

/* Keep a record, as its asker's cache has it; joined to what is there, so that
 * nothing newer is lost.  release: free the lease of that key when that is
 * done. */
void records_put(struct records *rs, const char *key, const void *data,
    size_t len, bool release);

/* Forget a key: OK, MISS or DOWN; dropped is called once. */
void records_drop(struct records *rs, const char *key,
    void (*dropped)(void *arg, enum share_why why), void *arg);

/* Take the lease of a key for the whole fleet: OK it is ours, MISS somebody
 * else has it, DOWN.  taken is called once. */
void records_take(struct records *rs, const char *key,
    void (*taken)(void *arg, enum share_why why), void *arg);
void records_release(struct records *rs, const char *key);

/* What a server has to be able to do for us (redis_config): the one that is
 * written to, and one that is only read. */
extern const char *const records_write_probe[], *const records_read_probe[];

/* Do the servers do what they have to, and how long does it take?  OK, with
 * usec microseconds; DOWN: the one that is written to cannot be asked; REFUSED:
 * it can, but not all is well.  text, valid during the call, says what. */
typedef void records_stated(
    void *arg, enum share_why why, uint32_t usec, const char *text);
void records_state(struct records *rs, records_stated *done, void *arg);

#endif
