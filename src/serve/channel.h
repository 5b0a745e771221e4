/* channel: the client's end of a connection, with its time limits.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_CHANNEL_H
#define MXPOLICY_SERVE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "serve/refresh.h"

/* A client that does not read its replies is waited for this long; Postfix
 * gives each read and write 100 s. */
#define CHANNEL_WRITE_MS 100000
/* From the first byte of a request to its last; Postfix sends it at once. */
#define CHANNEL_REQUEST_MS 10000
/* After so long without a request there is time for more than waiting for the
 * next one. */
#define CHANNEL_QUIET_MS 100
/* And after so long more to put on the disk what is new in the cache. */
#define CHANNEL_SYNC_MS 500

struct channel {
	int in, out; /* the same socket, or two pipes */
	/* Lookups that are under way go on while a client is waited for. */
	struct refresh *refresh;
	struct store *store;
	uint32_t idle_ms;
	bool may_block; /* it is a blocking socket with a time limit */
	unsigned reads;
};

/* The descriptors stay the caller's.  idle: seconds without a request.  While
 * nothing comes, what is new in the store goes to the disk. */
void channel_init(struct channel *c, int in, int out, struct refresh *refresh,
    struct store *store, uint32_t idle);

enum channel_result {
	CHANNEL_DATA,	/* *got bytes */
	CHANNEL_CLOSED, /* the client will send no more */
	CHANNEL_LATE,	/* nothing came in time */
	CHANNEL_LOST,	/* it failed */
};

/* Read what is there, at most size bytes.  deadline_ms (of clock_ms()): when a
 * request that has begun has to be whole; 0: none has, idle-timeout counts.
 * Where nothing else is to be waited for this is one system call, but for a few
 * that look whether the parent of a process that stands ready is still there
 * (serve/pool). */
enum channel_result channel_read(struct channel *c, char *buf, size_t size,
    size_t *got, int64_t deadline_ms) __attribute__((warn_unused_result));

/* Write all.  One system call, unless the client does not read: then lookups go
 * on meanwhile, and after CHANNEL_WRITE_MS it is given up.  false: it failed,
 * or was given up. */
bool channel_write(struct channel *c, const char *bytes, size_t len)
    __attribute__((warn_unused_result));

#endif
