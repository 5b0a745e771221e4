/* drop: remove records from the cache by hand.
 * SPDX-License-Identifier: MIT */
#include <fnmatch.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "fleet/sharelink.h"
#include "term/duration.h"
#include "term/progress.h"
#include "verb/cache/cache.h"
#include "verb/json.h"
#include "verb/operands.h"

#define DROP_BATCH 100 /* at once, while other writers wait */

struct drop {
	struct verb_context *v;
	struct store *store;
	int64_t now;
	bool all, failed, force, dry, shared;
	const char *match;
	char **key;
	size_t n, room;
	size_t dropped, kept, absent;
	int exit;
};

static void add_key(struct drop *d, const char *key)
{
	d->key = xgrow(d->key, d->n, &d->room, sizeof *d->key);
	d->key[d->n++] = xstrdup(key);
}

static void choose(
    const char *key, const struct record *r, size_t len, void *arg)
{
	struct drop *d = arg;

	(void)len;
	if (d->match != NULL && fnmatch(d->match, key, FNM_CASEFOLD) != 0)
		return;
	if (d->failed && !r->dane.failed && !r->sts.failed)
		return;
	add_key(d, key);
}

static void worsen(struct drop *d, int code)
{
	if (code > d->exit)
		d->exit = code;
}

/* Report one record. */
static void tell(
    struct drop *d, const char *key, bool dropped, const struct record *r)
{
	char date[DURATION_MAX];

	if (d->v->json) {
		json_t *o = json_open("cache-drop-1");

		json_text(o, "key", key);
		json_flag(o, "dropped", dropped && !d->dry);
		json_flag(o, "promise", r != NULL);
		json_time(o, "expires",
		    r != NULL ? r->sts.fetched + r->sts.policy.max_age : 0);
		json_print(o);
	} else if (dropped && d->dry) {
		printf("%s\n", key);
	}
	if (dropped || r == NULL)
		return;
	worsen(d, VERB_BAD);
	/* One by one only if they were named one by one. */
	if (d->v->json || d->all || d->failed || d->match != NULL)
		return;
	verb_fail(&verb_cache_drop, VERB_BAD,
	    _("%s is kept: its MTA-STS policy (mode %s) is valid until %s, and "
	      "without it an attacker who blocks the next lookup could receive "
	      "mail without TLS (RFC 8461, section 10.2). To look it up again: "
	      "mxpolicy query --live %s. To drop it anyway: --force"),
	    key, sts_mode_name(r->sts.policy.mode),
	    duration_date(r->sts.fetched + r->sts.policy.max_age, date), key);
}

/* false: the cache is unusable. */
static bool drop_one(struct drop *d, const char *key)
{
	static uint8_t buf[RECORD_MAX];
	struct record r;
	bool promise;

	/* Read it again while nobody writes: it may have a policy now. */
	switch (store_get(d->store, key, &r, buf, clock_ms() + STORE_WAIT_MS)) {
	case STORE_OK:
	case STORE_FOUND:
	case STORE_MISS:
		break;
	case STORE_BUSY:
	case STORE_BROKEN:
		return false;
	}
	promise = record_status_is_promise(&r, &d->v->config, d->now);
	if (promise && !d->force) {
		d->kept++;
		tell(d, key, false, &r);
		return true;
	}
	if (!d->dry) {
		switch (store_drop(d->store, key, 0)) {
		case STORE_OK:
		case STORE_FOUND:
			break;
		case STORE_MISS:
			d->absent++;
			return true;
		case STORE_BUSY:
		case STORE_BROKEN:
			return false;
		}
	}
	d->dropped++;
	tell(d, key, true, promise ? &r : NULL);
	return true;
}

static bool drop_all(struct drop *d)
{
	struct progress *bar = progress_open(d->n);
	bool ok = true;

	for (size_t i = 0; ok && i < d->n;) {
		ok = d->dry || store_begin(d->store,
				   clock_ms() + STORE_WAIT_MS) == STORE_OK;
		for (size_t k = 0; ok && k < DROP_BATCH && i < d->n; k++, i++)
			ok = drop_one(d, d->key[i]);
		if (!d->dry && ok)
			ok = store_commit(d->store) == STORE_OK;
		else if (!d->dry)
			store_cancel(d->store);
		progress_set(bar, i);
	}
	progress_close(bar);
	return ok;
}

static void print_sum(const struct drop *d)
{
	if (d->v->json)
		return;
	if (!d->dry)
		printf(ngettext("%zu record dropped\n", "%zu records dropped\n",
			   d->dropped),
		    d->dropped);
	if (d->kept == 0 || !(d->all || d->failed || d->match != NULL))
		return;
	fflush(stdout);
	verb_fail(&verb_cache_drop, VERB_BAD,
	    ngettext("%zu record is kept: it holds an MTA-STS policy that must "
		     "be enforced until it expires (RFC 8461, section 10.2). "
		     "\"cache list --policy\" shows it, --force drops it too",
		"%zu records are kept: they hold MTA-STS policies that must be "
		"enforced until they expire (RFC 8461, section 10.2). \"cache "
		"list --policy\" shows them, --force drops them too",
		d->kept),
	    d->kept);
}

/* A name on the command line; if it is missing, that is reported at once. */
static int take_name(void *arg, const char *name)
{
	struct drop *d = arg;
	static uint8_t buf[RECORD_MAX];
	char key[DOMAIN_KEY_MAX + 1];
	int code = VERB_OK;
	struct record r;

	if (!cache_key(d->v, &verb_cache_drop, name, key, &code))
		return code;
	if (store_get(d->store, key, &r, buf, clock_ms() + STORE_WAIT_MS) !=
	    STORE_FOUND)
		return verb_fail(&verb_cache_drop, VERB_NOTFOUND,
		    _("%s is not in the cache"), key);
	add_key(d, key);
	return VERB_OK;
}

/* A name for which the shared cache has to forget its record. */
static int drop_shared(void *arg, const char *name)
{
	struct share_frame f = {.kind = SHARE_DROP, .seq = 1};
	struct drop *d = arg;
	struct sharelink *l;
	int code = VERB_OK;
	bool answered;

	if (!cache_key(d->v, &verb_cache_drop, name, f.key, &code))
		return code;
	l = sharelink_open(d->v->config.share_socket);
	answered = sharelink_say(l, &f) &&
		   sharelink_wait(l, 1, &f, clock_ms() + SHARE_WAIT_MS) &&
		   f.kind == SHARE_DROPPED && f.why != SHARE_DOWN;
	sharelink_close(l);
	if (!answered)
		return verb_fail(&verb_cache_drop, VERB_UNAVAILABLE,
		    _("the shared cache does not answer, or may not be written "
		      "to; see mxpolicy check"));
	if (f.why == SHARE_MISS)
		return verb_fail(&verb_cache_drop, VERB_NOTFOUND,
		    _("%s is not in the shared cache"), name);
	d->dropped++;
	return VERB_OK;
}

enum {
	OPTION_ALL = 1,
	OPTION_FAILED,
	OPTION_MATCH,
	OPTION_FORCE,
	OPTION_DRY,
	OPTION_SHARED
};

static int work(struct drop *d, int argc, char **argv)
{
	bool walks = d->all || d->failed || d->match != NULL;
	struct cache_walk walk = {.visit = choose, .arg = d};
	int code = VERB_OK;

	if (!walks)
		d->exit =
		    operands_each(&verb_cache_drop, argc, argv, take_name, d);
	else if (!cache_walk(d->v, &verb_cache_drop, d->store, &walk, &code))
		return code;
	if (!drop_all(d))
		return cache_trouble(d->v, &verb_cache_drop, d->store);
	print_sum(d);
	return d->exit;
}

static int drop_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_drop;
	struct drop d = {.v = v, .now = clock_now()};
	const char *value;
	int opt, code = VERB_OK;

	while ((opt = verb_option(v, verb, argc, argv, &value)) > 0) {
		d.all |= opt == OPTION_ALL;
		d.failed |= opt == OPTION_FAILED;
		d.force |= opt == OPTION_FORCE;
		d.dry |= opt == OPTION_DRY;
		d.shared |= opt == OPTION_SHARED;
		if (opt == OPTION_MATCH)
			d.match = value;
	}
	if (opt < 0)
		return -opt - 1;
	/* Standard input only if "-" asks for it: a command that drops must
	 * not act on what happens to be there. */
	if (optind == argc && !d.all && !d.failed && d.match == NULL)
		return verb_usage(verb,
		    _("no DOMAIN given (nor --all, --failed or --match)"));
	if (optind < argc && (d.all || d.failed || d.match != NULL))
		return verb_usage(verb, _("a DOMAIN cannot be combined with "
					  "--all, --failed or --match"));
	if (d.shared && (optind == argc || d.dry))
		return verb_usage(verb, _("--shared is for DOMAINs that are "
					  "named, and without --dry-run"));
	if (d.shared) {
		code = operands_each(
		    verb, argc - optind, argv + optind, drop_shared, &d);
		print_sum(&d);
		return code;
	}
	d.store = cache_open(v, verb, d.dry ? CACHE_READ : CACHE_WRITE, &code);
	if (d.store == NULL)
		return code;
	code = work(&d, argc - optind, argv + optind);
	for (size_t i = 0; i < d.n; i++)
		free(d.key[i]);
	free(d.key);
	store_close(d.store);
	return code;
}

static const struct verb_option options[] = {
    {OPTION_ALL, "all", NULL, N_("all records")},
    {OPTION_FAILED, "failed", NULL,
	N_("records whose latest DANE or MTA-STS lookup failed")},
    {OPTION_MATCH, "match", N_("GLOB"),
	N_("records of domains that match, such as \"*.example\"")},
    {OPTION_FORCE, "force", NULL,
	N_("also records with an MTA-STS policy that must be enforced until it "
	   "expires")},
    {OPTION_SHARED, "shared", NULL,
	N_("from the shared cache, not from the one of this machine")},
    {OPTION_DRY, "dry-run", NULL,
	N_("print what would be dropped, change nothing")},
    {0},
};

const struct verb verb_cache_drop = {
    .name = "cache drop",
    .arguments = N_("DOMAIN... | --all | --failed | --match GLOB"),
    .summary = N_("forget domains; the next query looks them up again"),
    .options = options,
    .run = drop_run,
};
