/* counters: what all processes count together, in a file beside the cache.
 * SPDX-License-Identifier: MIT
 *
 * The file is an array of 64-bit cells that every process maps and adds to, so
 * that a count costs one instruction and no lock, and survives its process.
 * Cells are addressed by the ranges below.  A histogram is COUNTERS_HISTOGRAM
 * cells: one for each bound, one for larger values, and the sum. */
#ifndef MXPOLICY_COUNT_COUNTERS_H
#define MXPOLICY_COUNT_COUNTERS_H

#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

#define COUNTERS_SUFFIX ".counters"
#define COUNTERS_VERSION 3	     /* raise it whenever the layout changes */
#define COUNTERS_MAPS 48	     /* maps with their own counters */
#define COUNTERS_OTHER COUNTERS_MAPS /* the slot of all others */
#define COUNTERS_NAME_MAX 64	     /* as REQUEST_MAP_MAX */
#define COUNTERS_BOUNDS 13
#define COUNTERS_HISTOGRAM (COUNTERS_BOUNDS + 2)

enum counters_reply {
	COUNTERS_DANE_ONLY,
	COUNTERS_DANE,
	COUNTERS_SECURE,
	COUNTERS_NOTFOUND,
	COUNTERS_TEMP,
	COUNTERS_PERM,
	COUNTERS_REPLY_KINDS
};

/* Where an answer came from: the cache, a lookup, or neither (not a domain that
 * could be looked up, or not a request). */
enum counters_source {
	COUNTERS_HIT,
	COUNTERS_MISS,
	COUNTERS_BYPASS,
	COUNTERS_SOURCE_KINDS
};

/* Why TEMP: bogus DNSSEC; DNS otherwise; no answer within answer-timeout;
 * sts-failure = defer; `resolve` failed. */
enum counters_why {
	COUNTERS_WHY_DNSSEC,
	COUNTERS_WHY_DNS,
	COUNTERS_WHY_DEADLINE,
	COUNTERS_WHY_STS,
	COUNTERS_WHY_RESOLVE,
	COUNTERS_WHY_KINDS
};

/* What a DANE lookup found: TLSA records, none, a domain without mail, some
 * hosts that could not be looked up, an MX RRset that could not. */
enum counters_dane_found {
	COUNTERS_FOUND_TLSA,
	COUNTERS_FOUND_NO_TLSA,
	COUNTERS_FOUND_NO_MAIL,
	COUNTERS_FOUND_PARTIAL,
	COUNTERS_FOUND_FAILED,
	COUNTERS_DANE_KINDS
};
/* What an MTA-STS lookup found. */
enum counters_sts_found {
	COUNTERS_STS_ABSENT,
	COUNTERS_STS_SAME,
	COUNTERS_STS_POLICY,
	COUNTERS_STS_TXT_FAILED,
	COUNTERS_STS_FETCH_FAILED,
	COUNTERS_STS_KINDS
};

/* RFC 8460 section 4.3. */
enum counters_class {
	COUNTERS_STS_FETCH,
	COUNTERS_STS_INVALID,
	COUNTERS_STS_WEBPKI,
	COUNTERS_DNSSEC_INVALID,
	COUNTERS_TLSA_INVALID,
	COUNTERS_CLASS_KINDS
};

/* "sts-policy-fetch-error" and so on. */
const char *counters_class_name(enum counters_class class);

/* Bad requests: not a netstring, not a map and key, no such map. */
enum counters_bad {
	COUNTERS_BAD_NETSTRING,
	COUNTERS_BAD_REQUEST,
	COUNTERS_BAD_MAP,
	COUNTERS_BAD_KINDS
};

/* How a connection ended: the client closed it, there were no more requests,
 * input was not a netstring, or there was an error. */
enum counters_end {
	COUNTERS_END_CLOSED,
	COUNTERS_END_IDLE,
	COUNTERS_END_BROKEN,
	COUNTERS_END_LOST,
	COUNTERS_END_KINDS
};

/* How `resolve` failed: it died, or hung and was killed. */
enum counters_resolve {
	COUNTERS_RESOLVE_FAILED,
	COUNTERS_RESOLVE_HUNG,
	COUNTERS_RESOLVE_KINDS
};

/* What a prefetch run did with domains and records, over all runs. */
enum counters_prefetch {
	COUNTERS_PREFETCH_REFRESHED,
	COUNTERS_PREFETCH_FAILED,
	COUNTERS_PREFETCH_ELSEWHERE,
	COUNTERS_PREFETCH_DROPPED,
	COUNTERS_PREFETCH_DAMAGED,
	COUNTERS_PREFETCH_SAVED,
	COUNTERS_PREFETCH_KINDS
};

/* The result of the latest prefetch run; set, not added to.  The duration is in
 * microseconds. */
enum counters_run {
	COUNTERS_RUN_ENDED,
	COUNTERS_RUN_TOOK,
	COUNTERS_RUN_RECORDS,
	COUNTERS_RUN_POLICIES,
	COUNTERS_RUN_DUE,
	COUNTERS_RUN_KINDS
};

/* What became of questions to the shared cache, in the order of enum
 * sharing_event; the last two of leases. */
enum counters_shared {
	COUNTERS_SHARED_HIT,
	COUNTERS_SHARED_MISS,
	COUNTERS_SHARED_REFUSED,
	COUNTERS_SHARED_DOWN,
	COUNTERS_SHARED_LATE,
	COUNTERS_SHARED_ASKED_KINDS,
	COUNTERS_SHARED_LEASED = COUNTERS_SHARED_ASKED_KINDS,
	COUNTERS_SHARED_WAITED,
	COUNTERS_SHARED_KINDS
};

/* First cells of the ranges; each ends where the next one begins. */
enum counters_cell {
	COUNTERS_REPLIES = 0, /* of a slot: [slot][enum counters_reply] */
	COUNTERS_SOURCES =
	    COUNTERS_REPLIES + (COUNTERS_MAPS + 1) * COUNTERS_REPLY_KINDS,
	COUNTERS_STALE = COUNTERS_SOURCES + COUNTERS_SOURCE_KINDS,
	COUNTERS_WHYS,
	COUNTERS_WAIT = COUNTERS_WHYS + COUNTERS_WHY_KINDS, /* histogram */
	COUNTERS_DANE_LOOKUPS = COUNTERS_WAIT + COUNTERS_HISTOGRAM,
	COUNTERS_STS_LOOKUPS =
	    COUNTERS_DANE_LOOKUPS + COUNTERS_DANE_KINDS * COUNTERS_HISTOGRAM,
	COUNTERS_CLASSES =
	    COUNTERS_STS_LOOKUPS + COUNTERS_STS_KINDS * COUNTERS_HISTOGRAM,
	COUNTERS_CONNECTIONS = COUNTERS_CLASSES + COUNTERS_CLASS_KINDS,
	COUNTERS_ENDS,
	COUNTERS_BAD = COUNTERS_ENDS + COUNTERS_END_KINDS,
	COUNTERS_RESOLVE = COUNTERS_BAD + COUNTERS_BAD_KINDS,
	COUNTERS_CACHE_ERRORS = COUNTERS_RESOLVE + COUNTERS_RESOLVE_KINDS,
	COUNTERS_RUNS_DONE,
	COUNTERS_RUNS_FAILED,
	COUNTERS_RUNS_REPACKED,
	COUNTERS_RUNS_MENDED,
	COUNTERS_PREFETCH,
	COUNTERS_RUN = COUNTERS_PREFETCH + COUNTERS_PREFETCH_KINDS,
	/* Failures of lookups: [enum cause] */
	COUNTERS_CAUSES = COUNTERS_RUN + COUNTERS_RUN_KINDS,
	COUNTERS_SHARED = COUNTERS_CAUSES + CAUSES,
	COUNTERS_SHARED_TOOK = COUNTERS_SHARED + COUNTERS_SHARED_KINDS,
	COUNTERS_CELLS = COUNTERS_SHARED_TOOK + COUNTERS_HISTOGRAM,
};

/* Upper bounds of the buckets, in milliseconds. */
extern const uint32_t counters_bounds[COUNTERS_BOUNDS];

/* A slot belongs to the map whose name has this checksum; 0: to none yet. */
struct counters_slot {
	uint64_t sum;
	uint64_t name[COUNTERS_NAME_MAX / sizeof(uint64_t)];
};

struct counters_head {
	uint64_t magic;
	uint32_t version, size; /* of the whole file */
	uint64_t made;		/* when, seconds since the epoch */
};

struct counters_file {
	struct counters_head head;
	struct counters_slot slot[COUNTERS_MAPS];
	uint64_t cell[COUNTERS_CELLS];
};

/* What this process adds to: private memory until counters_open(), and
 * afterwards if the file cannot be used.  Never NULL. */
extern struct counters_file *counters_here;

/* Count in the file of this cache from now on.  If it does not exist, it is
 * created (mode 0640, with all of its space allocated).  One of ours that is
 * empty, short, or of another version is replaced; a file that is not ours or
 * cannot be written is left alone.  Nothing fails: without a file, counts go to
 * private memory, as they do with an empty path.  now: seconds since the
 * epoch. */
void counters_open(const char *cache_path, int64_t now);
void counters_close(void);

/* Relaxed: the order of counts does not matter. */
static inline void counters_add(size_t cell, uint64_t n)
{
	__atomic_fetch_add(&counters_here->cell[cell], n, __ATOMIC_RELAXED);
}
static inline void counters_set(size_t cell, uint64_t value)
{
	__atomic_store_n(&counters_here->cell[cell], value, __ATOMIC_RELAXED);
}

/* One observation, in microseconds, for the histogram that begins here. */
void counters_observe(size_t histogram, int64_t usec);

/* The slot of a map, claimed if it has none; COUNTERS_OTHER if all are taken.
 * A few hundred instructions: call it once and keep the result. */
size_t counters_slot(const char *map);

/* The name in a slot, "" for a slot that is free or damaged. */
void counters_slot_name(
    const struct counters_slot *slot, char name[static COUNTERS_NAME_MAX + 1]);

enum counters_result {
	COUNTERS_READ,
	COUNTERS_ABSENT, /* nothing has been counted yet */
	COUNTERS_BROKEN, /* why says what is wrong */
};

/* A copy of the file, to show it: opens it for reading and changes nothing.
 * After ABSENT and BROKEN the copy is all zero. */
enum counters_result counters_read(
    const char *cache_path, struct counters_file *copy, struct reason *why)
    __attribute__((warn_unused_result));

#endif
