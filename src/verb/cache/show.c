/* show: all that is cached for a domain.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "term/duration.h"
#include "term/tree.h"
#include "verb/cache/cache.h"
#include "verb/maplines.h"
#include "verb/operands.h"
#include "verb/recordjson.h"
#include "wire/reply.h"

/* ---- for a person ---- */

static void add_verdicts(struct tree *t, const struct verb_context *v,
    const char *key, const struct record *r, int64_t now)
{
	struct mapline line[CONFIG_MAPS_MAX];
	size_t n = v->config.n_maps;

	for (size_t i = 0; i < n; i++) {
		struct record_status f;
		bool pending;

		line[i].map = &v->config.maps[i];
		record_status_of(&f, key, r, &v->config, line[i].map, now);
		pending = f.served == VERDICT_PENDING;
		line[i].style = cache_style(f.served);
		xneed(asprintf(&line[i].text,
			  pending ? _("was %s, is looked up again with the "
				      "next question")
				  : "%s%s%s",
			  verdict_name(f.known),
			  f.why.text[0] != '\0' ? ": " : "", f.why.text) >= 0);
	}
	maplines_add(t, 1, line, n);
	for (size_t i = 0; i < n; i++)
		free(line[i].text);
}

/* "looked up 3 h ago (2026-11-24 14:00:05 UTC)" */
static void add_past(
    struct tree *t, const char *what, int64_t when, int64_t now)
{
	char age[DURATION_MAX], date[DURATION_MAX];

	if (when == 0)
		tree_add(t, 2, TERM_PLAIN, _("%s: never"), what);
	else
		tree_add(t, 2, TERM_PLAIN, _("%s: %s ago (%s)"), what,
		    duration_text(now - when, age), duration_date(when, date));
}

static void add_future(
    struct tree *t, const char *what, int64_t when, int64_t now)
{
	char left[DURATION_MAX], date[DURATION_MAX];

	if (when <= now)
		tree_add(t, 2, TERM_WARN, _("%s: since %s"), what,
		    duration_date(when, date));
	else
		tree_add(t, 2, TERM_PLAIN, _("%s: in %s (%s)"), what,
		    duration_text(when - now, left), duration_date(when, date));
}

static void add_dane(struct tree *t, const struct dane_branch *d, int64_t now)
{
	if (d->checked == 0) {
		tree_add(t, 1, TERM_PLAIN, _("DANE: never looked up"));
		return;
	}
	if (d->asof != 0)
		tree_add(
		    t, 1, TERM_PLAIN, "DANE: %s", _(verdict_row(&d->last)));
	else
		tree_add(t, 1, TERM_BAD, _("DANE: not determined yet"));
	if (d->asof != 0)
		tree_add(t, 2, TERM_PLAIN,
		    _("MX hosts: %u with usable TLSA records, %u with unusable "
		      "ones, %u without, %u not determined"),
		    d->last.usable, d->last.unusable, d->last.none,
		    d->last.error);
	if (d->asof != 0 && d->last.why.text[0] != '\0')
		tree_add(t, 2, TERM_WARN, "%s", d->last.why.text);
	add_past(t, _("determined"), d->asof, now);
	if (d->failures > 0)
		tree_add(t, 2, TERM_BAD,
		    ngettext("incomplete, %u time in a row: %s",
			"incomplete, %u times in a row: %s", d->failures),
		    d->failures, d->why.text);
	add_past(t, _("looked up"), d->checked, now);
	add_future(t, _("due"), d->due, now);
}

static void add_policy(struct tree *t, const struct sts_branch *s, int64_t now)
{
	size_t pos = 0;
	struct sts_line line;

	add_past(t, _("fetched"), s->fetched, now);
	if (fresh_policy_alive(s, now))
		add_future(
		    t, _("expires"), s->fetched + s->policy.max_age, now);
	else
		tree_add(t, 2, TERM_WARN, _("expired, no longer served"));
	tree_add(t, 2, TERM_PLAIN, _("policy:"));
	while (sts_next_line(&s->policy, &pos, &line))
		tree_add(t, 3, TERM_PLAIN, "%.*s: %.*s", (int)line.key_len,
		    line.key, (int)line.value_len, line.value);
}

static void add_sts(struct tree *t, const struct sts_branch *s, int64_t now)
{
	if (s->checked == 0) {
		tree_add(t, 1, TERM_PLAIN, _("MTA-STS: never looked up"));
		return;
	}
	if (s->fetched != 0)
		tree_add(t, 1, TERM_PLAIN, _("MTA-STS: mode %s, id %s"),
		    sts_mode_name(s->policy.mode), s->id);
	else if (s->failed)
		tree_add(
		    t, 1, TERM_WARN, _("MTA-STS: could not be determined"));
	else
		tree_add(
		    t, 1, TERM_PLAIN, _("MTA-STS: no policy is published"));
	if (s->failed)
		tree_add(t, 2, TERM_BAD,
		    ngettext("failed, %u time in a row: %s%s%s",
			"failed, %u times in a row: %s%s%s", s->failures),
		    s->failures, sts_failure_name(sts_failure_of(s->why.cause)),
		    sts_failure_of(s->why.cause) != STS_FAILURE_NONE ? ": "
								     : "",
		    s->why.text);
	else if (s->why.text[0] != '\0')
		tree_add(t, 2, TERM_WARN, "%s", s->why.text);
	add_past(t, _("looked up"), s->checked, now);
	add_future(t, _("due"), s->due, now);
	if (s->fetched != 0)
		add_policy(t, s, now);
}

static void print_tree(
    const struct verb_context *v, const char *key, const struct record *r)
{
	struct tree *t = tree_open();
	int64_t now = clock_now();
	char age[DURATION_MAX];

	tree_add(t, 0, TERM_HEAD, "%s", key);
	add_verdicts(t, v, key, r, now);
	add_dane(t, &r->dane, now);
	add_sts(t, &r->sts, now);
	if (r->used == 0)
		tree_add(t, 1, TERM_PLAIN, _("never used"));
	else
		tree_add(t, 1, TERM_PLAIN,
		    ngettext("last used %s ago, in %u hour so far",
			"last used %s ago, in %u different hours so far",
			r->uses),
		    duration_text(now - r->used, age), r->uses);
	tree_print(t, &v->term);
	tree_close(t);
}

/* ---- for a program ---- */

static void print_json(
    const struct verb_context *v, const char *key, const struct record *r)
{
	json_t *o = json_open("cache-show-1"), *maps;
	int64_t now = clock_now();

	json_text(o, "key", key);
	json_time(o, "used", r->used);
	json_number(o, "uses", r->uses);
	maps = json_member(o, "verdicts", json_object());
	for (size_t i = 0; i < v->config.n_maps; i++) {
		struct record_status f;

		record_status_of(
		    &f, key, r, &v->config, &v->config.maps[i], now);
		json_text(maps, v->config.maps[i].name, verdict_name(f.served));
	}
	recordjson_add(o, r, now);
	json_print(o);
}

/* ---- the work ---- */

struct showing {
	struct verb_context *v;
	struct store *store;
};

static int show(void *arg, const char *name)
{
	const struct verb *verb = &verb_cache_show;
	const struct showing *s = arg;
	static uint8_t buf[RECORD_MAX];
	char key[DOMAIN_KEY_MAX + 1];
	int code = VERB_OK;
	struct record r;

	if (!cache_key(s->v, verb, name, key, &code))
		return code;
	switch (store_get(s->store, key, &r, buf, clock_ms() + STORE_WAIT_MS)) {
	case STORE_OK:
	case STORE_FOUND:
		if (s->v->json)
			print_json(s->v, key, &r);
		else
			print_tree(s->v, key, &r);
		return VERB_OK;
	case STORE_MISS:
		return verb_fail(
		    verb, VERB_NOTFOUND, _("%s is not in the cache"), key);
	case STORE_BUSY:
	case STORE_BROKEN:
		break;
	}
	return cache_trouble(s->v, verb, s->store);
}

static int show_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_show;
	struct showing s = {.v = v};
	int opt, code = VERB_OK;
	const char *value;

	/* There are no options but the common ones. */
	opt = verb_option(v, verb, argc, argv, &value);
	if (opt < 0)
		return -opt - 1;
	if (optind == argc && isatty(STDIN_FILENO))
		return verb_usage(verb, _("no DOMAIN given"));
	s.store = cache_open(v, verb, CACHE_READ, &code);
	if (s.store == NULL)
		return code;
	code = operands_each(verb, argc - optind, argv + optind, show, &s);
	store_close(s.store);
	return code;
}

const struct verb verb_cache_show = {
    .name = "cache show",
    .arguments = N_("DOMAIN..."),
    .summary = N_("show all that is cached for a domain, including its policy"),
    .run = show_run,
};
