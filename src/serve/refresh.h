/* refresh: lookups in flight, from the question to the stored record.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_REFRESH_H
#define MXPOLICY_SERVE_REFRESH_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include "cache/lookup_lock.h"
#include "cache/store.h"
#include "policy/domain.h"
#include "serve/config.h"
#include "wire/note.h"

#define REFRESH_FDS 2

struct refresh;

/* One lookup.  Its record is what is known so far: the stored one, with each
 * finding folded in as it comes. */
struct lookup {
	char key[DOMAIN_KEY_MAX + 1];
	struct record record;
	bool dane_pending, sts_pending;
	bool over;	  /* nothing more comes */
	bool stored;	  /* the record is in the cache */
	int64_t asked_ms; /* clock_ms() of the question */
	int64_t asked_us; /* the same, to tell how long it took */
};

/* Notes of a lookup, for `mxpolicy explain`; what they point to is valid during
 * the call. */
typedef void refresh_note(const char *key, const struct note *n, void *arg);

/* max: lookups at once.  store may be broken.  args as for worker_open().
 * asked: somebody asks for what is looked up (and so it is used), it is not
 * only kept fresh. */
struct refresh *refresh_open(const struct config *c, struct store *store,
    char *const *args, size_t max, bool asked);
void refresh_close(struct refresh *r);
void refresh_set_notes(struct refresh *r, refresh_note *note, void *arg);
/* Have failed policy fetches reported where tlsrpt-socket is set.  For mail
 * and what is done ahead of it: what a person looks up is no delivery. */
void refresh_set_reports(struct refresh *r);

enum refresh_start {
	REFRESH_STARTED,   /* or it was in flight here already */
	REFRESH_ELSEWHERE, /* another process is at it: read the cache again */
	REFRESH_FULL,	   /* too many at once: handle some first */
};

/* Look up what is not fresh any more at `until` (seconds since the epoch: now,
 * or later to be ahead, or REFRESH_ALL), unless another process does.  A
 * failure to start the worker is a finding like any other. */
#define REFRESH_ALL (INT64_MAX / 2)
enum refresh_start refresh_start(struct refresh *r, const struct domain *d,
    const char *key, int64_t until) __attribute__((warn_unused_result));

/* The lookup of a key that is in flight, or over but not in the cache (so that
 * serving goes on without one); NULL: look at the cache. */
const struct lookup *refresh_find(const struct refresh *r, const char *key);
/* How many are in flight; and how many are over that did not find out the
 * whole of either half. */
size_t refresh_in_flight(const struct refresh *r);
size_t refresh_failed(const struct refresh *r);

/* For poll(). */
void refresh_poll(const struct refresh *r, struct pollfd p[static REFRESH_FDS]);
/* Take in what has come, without waiting; stores records that are complete or
 * can be answered from.  Returns how many lookups are over by it. */
size_t refresh_handle(struct refresh *r);

#endif
