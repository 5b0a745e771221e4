/* stats: statistics of the cache.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <string.h>
#include "base/clock.h"
#include "cache/fresh.h"
#include "count/counters.h"
#include "term/duration.h"
#include "term/size.h"
#include "term/tree.h"
#include "verb/cache/cache.h"
#include "verb/json.h"

#define FAILURES (STS_FAILURE_WEBPKI + 1)

struct stats {
	struct verb_context *v;
	const struct config_map *map;
	int64_t now;
	size_t records, damaged;
	size_t served[VERDICT_PENDING + 1];
	size_t dane_fresh, dane_due, dane_failed, stale;
	size_t sts_fresh, sts_due, sts_failed;
	size_t mode[STS_MODE_ENFORCE + 1], expired, expires_soon;
	size_t failure[FAILURES];    /* NONE: of the TXT lookup */
	int64_t first_use, last_use; /* 0: none */
	uint64_t file, index, bytes;
	struct counters_file counters;
};

static void count_sts(
    struct stats *n, const struct record *r, const struct record_status *f)
{
	if (r->sts.failed) {
		n->sts_failed++;
		n->failure[sts_failure_of(r->sts.why.cause)]++;
	} else if (fresh_sts(&r->sts, n->now)) {
		n->sts_fresh++;
	} else {
		n->sts_due++;
	}
	if (f->policy == RECORD_STATUS_POLICY_EXPIRED)
		n->expired++;
	if (f->policy != RECORD_STATUS_POLICY_ALIVE)
		return;
	n->mode[f->mode]++;
	n->expires_soon += f->expires < n->now + FRESH_DAY;
}

static void count(
    const char *key, const struct record *r, size_t len, void *arg)
{
	struct stats *n = arg;
	struct record_status f;

	record_status_of(&f, key, r, &n->v->config, n->map, n->now);
	n->records++;
	n->bytes += strlen(key) + len;
	n->served[f.served]++;
	n->stale += f.stale;
	if (r->dane.failed)
		n->dane_failed++;
	else if (fresh_dane(&r->dane, n->now))
		n->dane_fresh++;
	else
		n->dane_due++;
	count_sts(n, r, &f);
	if (r->used == 0)
		return;
	if (n->first_use == 0 || r->used < n->first_use)
		n->first_use = r->used;
	if (r->used > n->last_use)
		n->last_use = r->used;
}

static uint64_t free_part(const struct stats *n)
{
	uint64_t taken = n->index + n->bytes;

	return n->file > taken ? n->file - taken : 0;
}

/* ---- for a person ---- */

static void add_use(struct tree *t, const char *what, int64_t when, int64_t now)
{
	char age[DURATION_MAX], date[DURATION_MAX];

	if (when != 0)
		tree_add(t, 2, TERM_PLAIN, _("%s: %s ago (%s)"), what,
		    duration_text(now - when, age), duration_date(when, date));
}

static void add_file(struct tree *t, const struct stats *n)
{
	char all[SIZE_TEXT_MAX], empty[SIZE_TEXT_MAX];
	uint64_t percent = n->file != 0 ? free_part(n) * 100 / n->file : 0;

	tree_add(t, 1, TERM_PLAIN,
	    ngettext("%zu record of at most %u (cache-max-entries)",
		"%zu records of at most %u (cache-max-entries)", n->records),
	    n->records, n->v->config.cache_max_entries);
	if (n->damaged > 0)
		tree_add(t, 2, TERM_WARN,
		    _("%zu damaged, to be looked up again"), n->damaged);
	add_use(t, _("last used"), n->last_use, n->now);
	add_use(t, _("least recently used"), n->first_use, n->now);
	tree_add(t, 1, TERM_PLAIN, _("file: %s, of which %s (%u%%) is free"),
	    size_text(n->file, all), size_text(free_part(n), empty),
	    (unsigned)percent);
}

static uint64_t shared(const struct stats *n, enum counters_shared kind)
{
	return n->counters.cell[COUNTERS_SHARED + kind];
}

static void add_shared(struct tree *t, const struct stats *n)
{
	unsigned long long asked =
	    shared(n, COUNTERS_SHARED_HIT) + shared(n, COUNTERS_SHARED_MISS) +
	    shared(n, COUNTERS_SHARED_REFUSED) +
	    shared(n, COUNTERS_SHARED_DOWN) + shared(n, COUNTERS_SHARED_LATE);

	tree_add(t, 1, TERM_PLAIN,
	    _("shared cache: %llu of %llu questions answered, %llu refused; "
	      "%llu policies fetched for all, %llu by others"),
	    (unsigned long long)shared(n, COUNTERS_SHARED_HIT), asked,
	    (unsigned long long)shared(n, COUNTERS_SHARED_REFUSED),
	    (unsigned long long)shared(n, COUNTERS_SHARED_LEASED),
	    (unsigned long long)shared(n, COUNTERS_SHARED_WAITED));
}

static void print_tree(const struct stats *n)
{
	struct tree *t = tree_open();

	tree_add(t, 0, TERM_HEAD, "%s", n->v->config.cache);
	add_file(t, n);
	tree_add(
	    t, 1, TERM_PLAIN, _("now served on the map %s:"), n->map->name);
	for (int i = 0; i < VERDICT_PENDING; i++)
		tree_add(t, 2,
		    n->served[i] > 0 ? cache_style((enum verdict)i)
				     : TERM_PLAIN,
		    "%s: %zu", verdict_name((enum verdict)i), n->served[i]);
	tree_add(t, 2, TERM_PLAIN, _("pending, to be looked up first: %zu"),
	    n->served[VERDICT_PENDING]);
	tree_add(t, 1, TERM_PLAIN,
	    _("DANE: %zu fresh, %zu due, %zu failed, %zu served from an older "
	      "result"),
	    n->dane_fresh, n->dane_due, n->dane_failed, n->stale);
	tree_add(t, 1, TERM_PLAIN, _("MTA-STS: %zu fresh, %zu due, %zu failed"),
	    n->sts_fresh, n->sts_due, n->sts_failed);
	tree_add(t, 2, TERM_PLAIN,
	    _("policies: %zu enforce, %zu testing, %zu none"),
	    n->mode[STS_MODE_ENFORCE], n->mode[STS_MODE_TESTING],
	    n->mode[STS_MODE_NONE]);
	tree_add(t, 2, TERM_PLAIN,
	    _("%zu of them expire within a day; %zu others have expired"),
	    n->expires_soon, n->expired);
	for (int i = STS_FAILURE_FETCH; i < FAILURES; i++)
		tree_add(t, 2, n->failure[i] > 0 ? TERM_WARN : TERM_PLAIN,
		    "%s: %zu", sts_failure_name((enum sts_failure)i),
		    n->failure[i]);
	tree_add(t, 2, n->failure[0] > 0 ? TERM_WARN : TERM_PLAIN,
	    _("TXT record could not be looked up: %zu"), n->failure[0]);
	if (config_shares(&n->v->config))
		add_shared(t, n);
	tree_print(t, &n->v->term);
	tree_close(t);
}

/* ---- for a program ---- */

static const char *const shared_words[COUNTERS_SHARED_KINDS] = {
    "hit", "miss", "refused", "down", "late", "held", "waited"};

static void print_json(const struct stats *n)
{
	json_t *o = json_open("cache-stats-1"), *in;

	json_text(o, "cache", n->v->config.cache);
	json_text(o, "map", n->map->name);
	json_number(o, "records", (int64_t)n->records);
	json_number(o, "max_entries", n->v->config.cache_max_entries);
	json_number(o, "damaged", (int64_t)n->damaged);
	json_number(o, "file_bytes", (int64_t)n->file);
	json_number(o, "free_bytes", (int64_t)free_part(n));
	json_time(o, "first_use", n->first_use);
	json_time(o, "last_use", n->last_use);
	in = json_member(o, "verdicts", json_object());
	for (int i = 0; i <= VERDICT_PENDING; i++)
		json_number(
		    in, verdict_name((enum verdict)i), (int64_t)n->served[i]);
	in = json_member(o, "dane", json_object());
	json_number(in, "fresh", (int64_t)n->dane_fresh);
	json_number(in, "due", (int64_t)n->dane_due);
	json_number(in, "failed", (int64_t)n->dane_failed);
	json_number(in, "stale", (int64_t)n->stale);
	in = json_member(o, "mta_sts", json_object());
	json_number(in, "fresh", (int64_t)n->sts_fresh);
	json_number(in, "due", (int64_t)n->sts_due);
	json_number(in, "failed", (int64_t)n->sts_failed);
	json_number(in, "expires_within_day", (int64_t)n->expires_soon);
	json_number(in, "expired", (int64_t)n->expired);
	in = json_member(o, "policies", json_object());
	for (int i = 0; i <= STS_MODE_ENFORCE; i++)
		json_number(
		    in, sts_mode_name((enum sts_mode)i), (int64_t)n->mode[i]);
	in = json_member(o, "shared", json_object());
	for (int i = 0; i < COUNTERS_SHARED_KINDS; i++)
		json_number(in, shared_words[i],
		    (int64_t)shared(n, (enum counters_shared)i));
	in = json_member(o, "failures", json_object());
	json_number(in, "txt", (int64_t)n->failure[STS_FAILURE_NONE]);
	for (int i = STS_FAILURE_FETCH; i < FAILURES; i++)
		json_number(in, sts_failure_name((enum sts_failure)i),
		    (int64_t)n->failure[i]);
	json_print(o);
}

enum { OPTION_MAP = 1 };

static int stats_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_stats;
	struct stats n = {
	    .v = v, .map = cache_default_map(v), .now = clock_now()};
	struct cache_walk walk = {.visit = count, .arg = &n};
	int opt, code = VERB_OK;
	const char *value;
	struct reason why;
	struct store *s;

	while ((opt = verb_option(v, verb, argc, argv, &value)) > 0)
		if ((n.map = cache_map(v, verb, value)) == NULL)
			return VERB_USAGE;
	if (opt < 0)
		return -opt - 1;
	s = cache_open(v, verb, CACHE_READ, &code);
	if (s == NULL)
		return code;
	if (cache_walk(v, verb, s, &walk, &code)) {
		n.damaged = walk.damaged;
		store_size(s, &n.file, &n.index);
		/* Where it cannot be read, nothing was counted. */
		(void)!counters_read(v->config.cache, &n.counters, &why);
		if (v->json)
			print_json(&n);
		else
			print_tree(&n);
	}
	store_close(s);
	return code;
}

static const struct verb_option options[] = {
    {OPTION_MAP, "map", N_("NAME"),
	N_("the verdicts of the map NAME instead of QUERY")},
    {0},
};

const struct verb verb_cache_stats = {
    .name = "cache stats",
    .arguments = "",
    .summary =
	N_("statistics of the cache: records, policies, failures, space"),
    .options = options,
    .run = stats_run,
};
