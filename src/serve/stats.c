/* stats: what is counted, and told in the log, of answers and lookups.
 * SPDX-License-Identifier: MIT */
#include "serve/stats.h"

#include "base/clock.h"
#include "cache/fresh.h"
#include "serve/log.h"
#include "serve/log_lookup.h"

void stats_open(const char *cache_path)
{
	counters_open(cache_path, clock_now());
}

static enum counters_reply reply_of(enum verdict v)
{
	switch (v) {
	case VERDICT_DANE_ONLY:
		return COUNTERS_DANE_ONLY;
	case VERDICT_DANE:
		return COUNTERS_DANE;
	case VERDICT_SECURE:
		return COUNTERS_SECURE;
	case VERDICT_NOTFOUND:
		return COUNTERS_NOTFOUND;
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		return COUNTERS_TEMP;
	}
	return COUNTERS_TEMP;
}

static void count_reply(size_t slot, enum counters_reply reply)
{
	counters_add(COUNTERS_REPLIES + slot * COUNTERS_REPLY_KINDS + reply, 1);
}

/* Each map's slot is asked for once a process. */
static size_t slot_of(const struct config *c, const struct config_map *map)
{
	static uint8_t known[CONFIG_MAPS_MAX]; /* the slot and 1 */
	size_t i = (size_t)(map - c->maps);

	if (known[i] == 0)
		known[i] = (uint8_t)(counters_slot(map->name) + 1);
	return known[i] - 1u;
}

static void count_cause(enum cause cause)
{
	if (cause != CAUSE_NONE)
		counters_add(COUNTERS_CAUSES + cause, 1);
}

static enum counters_why why_temp(const struct answer *a)
{
	const struct dane_branch *d = &a->record.dane;
	enum cause cause = a->why.cause;

	if (cause == CAUSE_DEADLINE)
		return COUNTERS_WHY_DEADLINE;
	if (cause_owner(cause) == CAUSE_OF_US)
		return COUNTERS_WHY_RESOLVE;
	/* The MX comes first among the reasons (decide.c). */
	if (a->record.sts.failed && !d->failed && d->last.error == 0)
		return COUNTERS_WHY_STS;
	if (cause == CAUSE_DNS_BOGUS)
		return COUNTERS_WHY_DNSSEC;
	return COUNTERS_WHY_DNS;
}

void stats_answer(const struct config *c, const struct config_map *map,
    const struct answer *a)
{
	count_reply(slot_of(c, map), reply_of(a->verdict));
	if (a->why.cause == CAUSE_DEADLINE)
		count_cause(CAUSE_DEADLINE);
	if (a->verdict == VERDICT_TEMP)
		counters_add(COUNTERS_WHYS + why_temp(a), 1);
	else if (a->record.dane.failed && (a->verdict == VERDICT_DANE ||
					      a->verdict == VERDICT_DANE_ONLY))
		counters_add(COUNTERS_STALE, 1);
	if (a->domain.kind == DOMAIN_REFUSED) {
		counters_add(COUNTERS_SOURCES + COUNTERS_BYPASS, 1);
	} else if (a->cached) {
		counters_add(COUNTERS_SOURCES + COUNTERS_HIT, 1);
	} else {
		counters_add(COUNTERS_SOURCES + COUNTERS_MISS, 1);
		counters_observe(COUNTERS_WAIT, a->usec);
		if (log_wants(CONFIG_LOG_WARNING))
			log_lookup_answer(map, a);
	}
}

void stats_bad(enum counters_bad bad)
{
	counters_add(COUNTERS_BAD + bad, 1);
	if (bad == COUNTERS_BAD_NETSTRING)
		return; /* it gets no reply */
	count_reply(COUNTERS_OTHER, COUNTERS_PERM);
	counters_add(COUNTERS_SOURCES + COUNTERS_BYPASS, 1);
}

void stats_connection(void)
{
	counters_add(COUNTERS_CONNECTIONS, 1);
}

static enum counters_end end_of(enum stats_end end)
{
	switch (end) {
	case STATS_CLOSED:
		return COUNTERS_END_CLOSED;
	case STATS_IDLE:
		return COUNTERS_END_IDLE;
	case STATS_BROKEN:
		return COUNTERS_END_BROKEN;
	case STATS_LOST:
	case STATS_CHECK:
		return COUNTERS_END_LOST;
	}
	return COUNTERS_END_LOST;
}

void stats_end(enum stats_end end)
{
	if (end != STATS_CHECK)
		counters_add(COUNTERS_ENDS + end_of(end), 1);
}

/* ---- lookups ---- */

static enum counters_dane_found found_by(const struct dane_finding *f)
{
	switch (f->mx) {
	case MX_FAILED:
		return COUNTERS_FOUND_FAILED;
	case MX_NONE:
	case MX_NONE_INSECURE:
		return COUNTERS_FOUND_NO_MAIL;
	case MX_SECURE:
	case MX_INSECURE:
		break;
	}
	if (f->error > 0)
		return COUNTERS_FOUND_PARTIAL;
	return f->usable > 0 || f->unusable > 0 ? COUNTERS_FOUND_TLSA
						: COUNTERS_FOUND_NO_TLSA;
}

static void on_dane(
    void *arg, const struct lookup *l, const struct dane_finding *f)
{
	int64_t usec = clock_us() - l->asked_us;
	bool bogus = f->why.cause == CAUSE_DNS_BOGUS;

	(void)arg;
	counters_observe(
	    COUNTERS_DANE_LOOKUPS + (size_t)found_by(f) * COUNTERS_HISTOGRAM,
	    usec);
	count_cause(f->why.cause);
	if (bogus)
		counters_add(COUNTERS_CLASSES + COUNTERS_DNSSEC_INVALID, 1);
	if (f->unusable > 0)
		counters_add(COUNTERS_CLASSES + COUNTERS_TLSA_INVALID, 1);
	if (log_wants(CONFIG_LOG_DEBUG))
		log_lookup_dane(l, f, usec);
}

static void count_class(enum sts_failure failure)
{
	switch (failure) {
	case STS_FAILURE_NONE:
		return;
	case STS_FAILURE_FETCH:
		counters_add(COUNTERS_CLASSES + COUNTERS_STS_FETCH, 1);
		return;
	case STS_FAILURE_INVALID:
		counters_add(COUNTERS_CLASSES + COUNTERS_STS_INVALID, 1);
		return;
	case STS_FAILURE_WEBPKI:
		counters_add(COUNTERS_CLASSES + COUNTERS_STS_WEBPKI, 1);
		return;
	}
}

static enum counters_sts_found sts_found_by(const struct sts_finding *f)
{
	switch (f->found) {
	case STS_FOUND_ABSENT:
		return COUNTERS_STS_ABSENT;
	case STS_FOUND_SAME:
		return COUNTERS_STS_SAME;
	case STS_FOUND_POLICY:
		return COUNTERS_STS_POLICY;
	case STS_FOUND_FETCHING:
	case STS_FOUND_TXT_FAILED:
		return COUNTERS_STS_TXT_FAILED;
	case STS_FOUND_FETCH_FAILED:
		return COUNTERS_STS_FETCH_FAILED;
	}
	return COUNTERS_STS_TXT_FAILED;
}

static void on_sts(
    void *arg, const struct lookup *l, const struct sts_finding *f)
{
	int64_t usec = clock_us() - l->asked_us;
	bool failed = f->found == STS_FOUND_TXT_FAILED ||
		      f->found == STS_FOUND_FETCH_FAILED;

	(void)arg;
	counters_observe(
	    COUNTERS_STS_LOOKUPS + sts_found_by(f) * COUNTERS_HISTOGRAM, usec);
	count_cause(f->why.cause);
	if (failed)
		count_class(sts_failure_of(f->why.cause));
	if (failed && cause_owner(f->why.cause) != CAUSE_OF_US &&
	    fresh_policy_alive(&l->record.sts, clock_now()) &&
	    l->record.sts.policy.mode != STS_MODE_NONE)
		log_lookup_kept(l, f);
	else if (log_wants(CONFIG_LOG_DEBUG))
		log_lookup_sts(l, f, usec);
}

static void on_resolve(void *arg, const struct reason *why)
{
	(void)arg;
	counters_add(COUNTERS_RESOLVE + (why->cause == CAUSE_RESOLVE_HUNG
						? COUNTERS_RESOLVE_HUNG
						: COUNTERS_RESOLVE_FAILED),
	    1);
	log_event(CONFIG_LOG_ERROR, LOG_EVENT_RESOLVE,
	    (const struct journal_field[]){{"REASON", why->text, NULL},
		{"CAUSE", log_cause(why), NULL},
		{"OWNER", log_owner(why), NULL}, {0}},
	    "%s", why->text);
}

static void on_not_stored(void *arg, const struct reason *why)
{
	(void)arg;
	counters_add(COUNTERS_CACHE_ERRORS, 1);
	log_trouble(why);
}

static void on_shared(void *arg, enum sharing_event event, int64_t usec)
{
	_Static_assert((int)COUNTERS_SHARED_HIT == (int)SHARING_HIT &&
			   (int)COUNTERS_SHARED_LATE == (int)SHARING_LATE &&
			   (int)COUNTERS_SHARED_WAITED == (int)SHARING_WAITED &&
			   (int)COUNTERS_SHARED_KINDS == (int)SHARING_EVENTS,
	    "counted in the order of enum sharing_event");
	(void)arg;
	counters_add(COUNTERS_SHARED + (size_t)event, 1);
	if (event == SHARING_HIT || event == SHARING_MISS ||
	    event == SHARING_REFUSED)
		counters_observe(COUNTERS_SHARED_TOOK, usec);
}

const struct refresh_observer stats_observer = {
    .dane = on_dane,
    .sts = on_sts,
    .resolve = on_resolve,
    .shared = on_shared,
    .not_stored = on_not_stored,
};

/* ---- prefetch ---- */

void stats_run(const struct prefetch_sum *sum, bool ok, int64_t usec)
{
	const uint32_t added[COUNTERS_PREFETCH_KINDS] = {
	    [COUNTERS_PREFETCH_REFRESHED] = sum->refreshed,
	    [COUNTERS_PREFETCH_FAILED] = sum->failed,
	    [COUNTERS_PREFETCH_ELSEWHERE] = sum->elsewhere,
	    [COUNTERS_PREFETCH_DROPPED] = sum->dropped,
	    [COUNTERS_PREFETCH_DAMAGED] = sum->damaged,
	    [COUNTERS_PREFETCH_SAVED] = sum->saved,
	};

	counters_add(ok ? COUNTERS_RUNS_DONE : COUNTERS_RUNS_FAILED, 1);
	for (size_t i = 0; i < COUNTERS_PREFETCH_KINDS; i++)
		counters_add(COUNTERS_PREFETCH + i, added[i]);
	counters_add(COUNTERS_RUNS_REPACKED, sum->repacked);
	counters_add(COUNTERS_RUNS_MENDED, sum->mended);
	if (!ok)
		return;
	counters_set(COUNTERS_RUN + COUNTERS_RUN_ENDED, (uint64_t)clock_now());
	counters_set(COUNTERS_RUN + COUNTERS_RUN_TOOK, (uint64_t)usec);
	counters_set(COUNTERS_RUN + COUNTERS_RUN_RECORDS,
	    sum->records - (sum->dropped < sum->records ? sum->dropped : 0));
	counters_set(COUNTERS_RUN + COUNTERS_RUN_POLICIES, sum->policies);
	counters_set(COUNTERS_RUN + COUNTERS_RUN_DUE, sum->due);
}
