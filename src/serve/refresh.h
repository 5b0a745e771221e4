/* refresh: lookups, from the question to the stored record.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_REFRESH_H
#define MXPOLICY_SERVE_REFRESH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "cache/store.h"
#include "policy/domain.h"
#include "serve/fold.h"

struct refresh;

struct refresh_options {
	size_t max;	   /* lookups at once */
	char *const *args; /* as for link_open() */
	/* Somebody asks for what is looked up (and so it is used); it is not
	 * only kept fresh. */
	bool asked;
	bool background; /* others go first */
	/* Have failed policy fetches reported where tlsrpt-socket is set.  For
	 * mail and what is done ahead of it: what a person looks up is not a
	 * delivery. */
	bool reports;
	const struct refresh_observer *observer; /* or NULL */
};

/* store may be broken.  c, store and options' texts must outlive the result. */
struct refresh *refresh_open(const struct config *c, struct store *store,
    const struct refresh_options *options);
/* NULL is fine. */
void refresh_close(struct refresh *r);

enum refresh_start {
	REFRESH_STARTED, /* or it was in flight here already */
	/* Another process is at it: read the cache again. */
	REFRESH_ELSEWHERE,
	REFRESH_FULL, /* too many at once: handle some first */
};

/* Look up what is not fresh any more at `until` (seconds since the epoch: now,
 * or later to be ahead, or REFRESH_ALL), unless another process does.  A
 * failure to reach resolve is a finding like any other.  When all places are
 * taken, the oldest lookup that nobody waits for is given up. */
#define REFRESH_ALL (INT64_MAX / 2)
enum refresh_start refresh_start(struct refresh *r, const struct domain *d,
    const char *key, int64_t until) __attribute__((warn_unused_result));

/* The lookup of a key that is in flight, or over but not in the cache (so that
 * serving goes on without one); NULL: look at the cache. */
const struct lookup *refresh_find(const struct refresh *r, const char *key);

/* Put what was found until now into the cache, before it is answered; not after
 * deadline_ms of clock_ms(), then it is tried again later. */
void refresh_store(struct refresh *r, const char *key, int64_t deadline_ms);
/* Nobody waits for this one any more. */
void refresh_later(struct refresh *r, const char *key);

/* Can nothing be looked up any more, as long as this process lives? */
bool refresh_is_lost(const struct refresh *r);

/* How many are in flight; and how many are over that left a half of theirs
 * undetermined. */
size_t refresh_in_flight(const struct refresh *r);
size_t refresh_failed(const struct refresh *r);

/* Nobody asks at the moment: give back memory that only lookups need. */
void refresh_rest(struct refresh *r);

/* For poll(): what to wait for, and how many ms at most. */
#define REFRESH_POLLS 2
void refresh_poll(const struct refresh *r, struct pollfd p[REFRESH_POLLS]);
int refresh_patience(const struct refresh *r);
/* Take in what has come, without waiting; stores records that are complete.
 * Returns how many lookups are over by it. */
size_t refresh_handle(struct refresh *r);
/* Wait until no lookup is in flight (bounded by their own limits), and store
 * what could not be stored before. */
void refresh_wait(struct refresh *r);

#endif
