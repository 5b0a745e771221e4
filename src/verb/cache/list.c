/* list: one line for each record of the cache.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "verb/cache/cache.h"
#include "verb/cache/rows.h"

enum sort { SORT_KEY, SORT_EXPIRY, SORT_USED, SORT_DUE };

struct list {
	struct verb_context *v;
	const struct config_map *map;
	int64_t now;
	/* Filters: a record has to pass all that are set. */
	const char *match;
	int verdict; /* -1: any */
	bool due, stale, failed, expired, policy;
	enum sort sort;
	size_t limit;
	struct cache_row *row;
	size_t n, room;
};

/* ---- choosing ---- */

static bool is_wanted(
    const struct list *l, const char *key, const struct record_status *f)
{
	if (l->match != NULL && fnmatch(l->match, key, FNM_CASEFOLD) != 0)
		return false;
	if (l->verdict >= 0 && f->served != (enum verdict)l->verdict)
		return false;
	return (!l->due || f->served == VERDICT_PENDING) &&
	       (!l->stale || f->stale) && (!l->failed || f->failed) &&
	       (!l->expired || f->policy == RECORD_STATUS_POLICY_EXPIRED) &&
	       (!l->policy || f->policy == RECORD_STATUS_POLICY_ALIVE);
}

static void take(const char *key, const struct record *r, size_t len, void *arg)
{
	struct list *l = arg;
	struct record_status f;

	(void)len;
	record_status_of(&f, key, r, &l->v->config, l->map, l->now);
	if (!is_wanted(l, key, &f))
		return;
	l->row = xgrow(l->row, l->n, &l->room, sizeof *l->row);
	l->row[l->n++] = (struct cache_row){.key = xstrdup(key), .f = f};
}

static int by_key(const void *a, const void *b)
{
	const struct cache_row *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static int by_time(int64_t x, int64_t y, const void *a, const void *b)
{
	return x != y ? (x < y ? -1 : 1) : by_key(a, b);
}

/* Records without a policy come last. */
static int by_expiry(const void *a, const void *b)
{
	int64_t x = ((const struct cache_row *)a)->f.expires;
	int64_t y = ((const struct cache_row *)b)->f.expires;

	return by_time(x != 0 ? x : INT64_MAX, y != 0 ? y : INT64_MAX, a, b);
}

/* Most recently used first. */
static int by_used(const void *a, const void *b)
{
	return by_time(((const struct cache_row *)b)->f.used,
	    ((const struct cache_row *)a)->f.used, a, b);
}

static int by_due(const void *a, const void *b)
{
	return by_time(((const struct cache_row *)a)->f.due,
	    ((const struct cache_row *)b)->f.due, a, b);
}

static void sort_rows(struct list *l)
{
	static int (*const order[])(const void *, const void *) = {
	    [SORT_KEY] = by_key,
	    [SORT_EXPIRY] = by_expiry,
	    [SORT_USED] = by_used,
	    [SORT_DUE] = by_due,
	};

	if (l->n > 0)
		qsort(l->row, l->n, sizeof *l->row, order[l->sort]);
	if (l->limit == 0 || l->limit > l->n)
		l->limit = l->n;
}

/* ---- the command line ---- */

enum {
	OPTION_MAP = 1,
	OPTION_VERDICT,
	OPTION_DUE,
	OPTION_STALE,
	OPTION_FAILED,
	OPTION_EXPIRED,
	OPTION_POLICY,
	OPTION_MATCH,
	OPTION_SORT,
	OPTION_LIMIT
};

static bool parse_verdict(struct list *l, const char *value)
{
	for (l->verdict = 0; l->verdict <= VERDICT_PENDING; l->verdict++)
		if (strcasecmp(verdict_name((enum verdict)l->verdict), value) ==
		    0)
			return true;
	return false;
}

static bool parse_sort(struct list *l, const char *value)
{
	static const char *const words[] = {"key", "expiry", "used", "due"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i], value) == 0) {
			l->sort = (enum sort)i;
			return true;
		}
	return false;
}

static bool parse_limit(struct list *l, const char *value)
{
	char *end;

	errno = 0;
	l->limit = strtoul(value, &end, 10);
	return errno == 0 && *end == '\0' && value[0] >= '0' &&
	       value[0] <= '9' && l->limit > 0;
}

/* false: a complaint has been printed. */
static bool take_option(struct list *l, int opt, const char *value)
{
	const struct verb *verb = &verb_cache_list;

	switch (opt) {
	case OPTION_MAP:
		return (l->map = cache_map(l->v, verb, value)) != NULL;
	case OPTION_DUE:
		return l->due = true;
	case OPTION_STALE:
		return l->stale = true;
	case OPTION_FAILED:
		return l->failed = true;
	case OPTION_EXPIRED:
		return l->expired = true;
	case OPTION_POLICY:
		return l->policy = true;
	case OPTION_MATCH:
		l->match = value;
		return true;
	case OPTION_VERDICT:
		if (parse_verdict(l, value))
			return true;
		verb_usage(verb,
		    _("%s is not a verdict: use dane-only, dane, secure, "
		      "NOTFOUND, TEMP or pending"),
		    value);
		return false;
	case OPTION_SORT:
		if (parse_sort(l, value))
			return true;
		verb_usage(verb,
		    _("--sort must be key, expiry, used or due, not %s"),
		    value);
		return false;
	default:
		if (parse_limit(l, value))
			return true;
		verb_usage(
		    verb, _("--limit must be a number above 0, not %s"), value);
		return false;
	}
}

static void list_free(struct list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->row[i].key);
	free(l->row);
}

static int list_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_list;
	struct list l = {.v = v,
	    .map = cache_default_map(v),
	    .verdict = -1,
	    .now = clock_now()};
	struct cache_walk walk = {.visit = take, .arg = &l};
	int opt, code = VERB_OK;
	const char *value;
	struct store *s;

	while ((opt = verb_option(v, verb, argc, argv, &value)) > 0)
		if (!take_option(&l, opt, value))
			return VERB_USAGE;
	if (opt < 0)
		return -opt - 1;
	s = cache_open(v, verb, CACHE_READ, &code);
	if (s == NULL)
		return code;
	if (cache_walk(v, verb, s, &walk, &code)) {
		sort_rows(&l);
		if (v->json)
			cacherows_json(l.row, l.limit);
		else if (v->term.terminal)
			cacherows_table(&v->term, l.row, l.limit, l.now);
		else
			cacherows_tabs(l.row, l.limit);
		if (l.n == 0)
			code = VERB_NOTFOUND;
	}
	list_free(&l);
	store_close(s);
	return code;
}

static const struct verb_option options[] = {
    {OPTION_MATCH, "match", N_("GLOB"),
	N_("only domains that match, such as \"*.example\"")},
    {OPTION_VERDICT, "verdict", N_("VERDICT"),
	N_("only domains that now get dane-only, dane, secure, NOTFOUND or "
	   "TEMP, or that are pending: to be looked up first")},
    {OPTION_DUE, "due", NULL,
	N_("only domains that the next query looks up again")},
    {OPTION_STALE, "stale", NULL,
	N_("only domains served from an older DANE result because the latest "
	   "lookup failed")},
    {OPTION_FAILED, "failed", NULL,
	N_("only domains whose latest DANE or MTA-STS lookup failed")},
    {OPTION_POLICY, "policy", NULL,
	N_("only domains with an MTA-STS policy that has not expired")},
    {OPTION_EXPIRED, "expired", NULL,
	N_("only domains with an MTA-STS policy that has expired")},
    {OPTION_SORT, "sort", N_("BY"),
	N_("sort by key, expiry (soonest first), used (most recent first) or "
	   "due")},
    {OPTION_LIMIT, "limit", N_("NUMBER"), N_("at most NUMBER lines")},
    {OPTION_MAP, "map", N_("NAME"),
	N_("the verdicts of the map NAME instead of QUERY")},
    {0},
};

const struct verb verb_cache_list = {
    .name = "cache list",
    .arguments = "",
    .instead = N_("use \"cache show\" for a domain, --match for a pattern"),
    .summary = N_("list the cache, one line for each domain"),
    .options = options,
    .run = list_run,
};
