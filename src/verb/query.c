/* query: the reply that Postfix gets for a next hop.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "serve/answer.h"
#include "serve/log.h"
#include "term/duration.h"
#include "term/progress.h"
#include "term/tree.h"
#include "verb/drop_to_owner.h"
#include "verb/json.h"
#include "verb/maplines.h"
#include "verb/operands.h"
#include "verb/recordjson.h"
#include "verb/sentence.h"
#include "verb/verb.h"

#define QUERY_AHEAD 64 /* domains whose lookups are under way at once */

struct query {
	struct verb_context *v;
	struct answer_env env;
	bool brief;
	const struct config_map *map; /* the one of --map, or NULL: all */
	int64_t began;		      /* when the first name was read */
	bool many;
	int exit;
};

/* The replies for one next hop. */
struct served {
	const char *name;
	struct answer a;		      /* of the first map */
	struct mapline line[CONFIG_MAPS_MAX]; /* replies, printable */
	size_t n;
};

/* ---- for a person ---- */

static enum term_style style_of(enum verdict v)
{
	switch (verb_exit_code(v)) {
	case VERB_OK:
		return TERM_GOOD;
	case VERB_NOTFOUND:
		return TERM_WARN;
	}
	return TERM_BAD;
}

static void add_dane(
    struct tree *t, const struct dane_branch *d, enum verdict v, int64_t now)
{
	char age[DURATION_MAX], left[DURATION_MAX];

	if (d->asof == 0 && !d->failed)
		return;
	duration_text(now - (d->failed ? d->checked : d->asof), age);
	duration_text(d->due - now, left);
	if (d->failed)
		tree_add(t, 1, TERM_BAD,
		    _("DANE: lookup failed %s ago: %s; next attempt in %s"),
		    age, d->why.text, left);
	else
		tree_add(t, 1, TERM_PLAIN,
		    _("DANE: %s; looked up %s ago, valid for another %s"),
		    _(verdict_row(&d->last)), age, left);
	if (d->failed && verb_exit_code(v) == VERB_OK)
		tree_add(t, 2, TERM_WARN,
		    _("served from the result of %s ago: %s"),
		    duration_text(now - d->asof, age),
		    _(verdict_row(&d->last)));
}

static void add_sts(struct tree *t, const struct sts_branch *s, int64_t now)
{
	char age[DURATION_MAX], left[DURATION_MAX];

	if (fresh_policy_alive(s, now))
		tree_add(t, 1, TERM_PLAIN,
		    _("MTA-STS: policy %s, mode %s; fetched %s ago, expires "
		      "in %s"),
		    s->id, sts_mode_name(s->policy.mode),
		    duration_text(now - s->fetched, age),
		    duration_text(s->fetched + s->policy.max_age - now, left));
	else if (s->checked != 0 && !s->failed)
		tree_add(t, 1, TERM_PLAIN,
		    _("MTA-STS: no policy is published; looked up %s ago, "
		      "valid for another %s"),
		    duration_text(now - s->checked, age),
		    duration_text(s->due - now, left));
	if (s->failed)
		tree_add(t, 1, TERM_WARN, "MTA-STS: %s%s%s",
		    sts_failure_name(sts_failure_of(s->why.cause)),
		    sts_failure_of(s->why.cause) != STS_FAILURE_NONE ? ": "
								     : "",
		    s->why.text);
	else if (s->why.text[0] != '\0')
		tree_add(t, 1, TERM_WARN, "MTA-STS: %s", s->why.text);
}

/* A lookup that began ahead of its turn is one of this run, too. */
static bool is_cached(const struct query *q, const struct answer *a)
{
	return a->cached && a->record.dane.checked < q->began &&
	       a->record.sts.checked < q->began;
}

static void print_tree(const struct query *q, struct served *s)
{
	struct tree *t = tree_open();
	int64_t now = clock_now();

	tree_add(t, 0, TERM_HEAD, "%s", s->name);
	for (size_t i = 0; i < s->n; i++)
		s->line[i].style = style_of(s->a.verdict);
	maplines_add(t, 1, s->line, s->n);
	tree_add(t, 1, TERM_PLAIN, "%s", _(verb_sentence(s->a.verdict)));
	if (s->a.domain.kind == DOMAIN_REFUSED)
		tree_add(t, 1, TERM_PLAIN,
		    _("Nothing is looked up for this next hop: it is a parent "
		      "domain, an address, not a host name, or one of "
		      "srv-services."));
	else
		tree_add(t, 1, TERM_FAINT, "%s",
		    is_cached(q, &s->a) ? _("from the cache")
					: _("looked up now"));
	add_dane(t, &s->a.record.dane, s->a.verdict, now);
	add_sts(t, &s->a.record.sts, now);
	tree_print(t, &q->v->term);
	tree_close(t);
}

/* One line: the domain, the verdict, and the reason of one that is not known,
 * with tabs between them. */
static void print_brief(const struct query *q, const struct served *s)
{
	printf("%s\t", s->name);
	term_put(&q->v->term, style_of(s->a.verdict), "%s",
	    verdict_name(s->a.verdict));
	printf("%s%s\n", s->a.why.text[0] != '\0' ? "\t" : "", s->a.why.text);
}

/* ---- for a program ---- */

static void print_json(const struct query *q, const struct served *s)
{
	json_t *o = json_open("query-1"), *replies;

	json_text(o, "next_hop", s->name);
	json_text(o, "key", s->a.key);
	json_text(o, "verdict", verdict_name(s->a.verdict));
	json_text(o, "why", s->a.why.text);
	json_flag(o, "cached", is_cached(q, &s->a));
	replies = json_member(o, "replies", json_object());
	for (size_t i = 0; i < s->n; i++)
		json_text(replies, s->line[i].map->name, s->line[i].text);
	if (s->a.key[0] != '\0')
		recordjson_add(o, &s->a.record, clock_now());
	json_print(o);
}

/* ---- the work ---- */

static void ask_map(
    struct query *q, struct served *s, const struct config_map *map)
{
	static struct answer others;
	static char reply[REPLY_MAX];
	size_t len = answer_key(&q->env, map, s->name, strlen(s->name),
	    s->n == 0 ? &s->a : &others, reply);

	s->line[s->n++] =
	    (struct mapline){.map = map, .text = xstrndup(reply, len)};
}

static void serve(struct query *q, const char *name)
{
	static struct served s;
	int code;

	s.n = 0;
	s.name = name;
	if (q->map != NULL)
		ask_map(q, &s, q->map);
	else
		for (size_t i = 0; i < q->v->config.n_maps; i++)
			ask_map(q, &s, &q->v->config.maps[i]);
	if (q->v->json)
		print_json(q, &s);
	else if (q->brief)
		print_brief(q, &s);
	else if (q->map == NULL)
		print_tree(q, &s);
	else
		printf("%s%s%s\n", q->many ? name : "", q->many ? "\t" : "",
		    s.line[0].text);
	code = verb_exit_code(s.a.verdict);
	if (code > q->exit)
		q->exit = code;
	for (size_t i = 0; i < s.n; i++)
		free(s.line[i].text);
}

/* Start the lookups of this next hop, so that they are done when its turn
 * comes.  Names that need more than parsing wait for their turn. */
static void look_ahead(struct query *q, const char *name)
{
	static struct record record;
	static uint8_t buf[RECORD_MAX];
	static struct domain d;
	char key[DOMAIN_KEY_MAX + 1];
	int64_t now = clock_now();

	domain_parse(&d, name, strlen(name));
	if (d.kind == DOMAIN_REFUSED || d.utf8 || d.service[0] != '\0')
		return;
	domain_format_key(&d, key);
	if (q->env.since == 0 &&
	    store_get(q->env.store, key, &record, buf, clock_ms()) ==
		STORE_FOUND &&
	    fresh_dane(&record.dane, now) && fresh_sts(&record.sts, now))
		return;
	/* If there is no room, or another process looks it up, it waits for
	 * its turn. */
	if (refresh_start(q->env.refresh, &d, key,
		q->env.since != 0 ? REFRESH_ALL : now) == REFRESH_STARTED)
		refresh_handle(q->env.refresh);
}

/* Answer the names in order, while QUERY_AHEAD of them are looked up. */
static void serve_all(struct query *q, struct operands *names)
{
	char *ring[QUERY_AHEAD];
	size_t in = 0, out = 0;
	struct progress *bar =
	    isatty(STDOUT_FILENO) ? NULL : progress_open(operands_total(names));
	const char *name;

	for (;;) {
		name = in - out < QUERY_AHEAD ? operands_next(names) : NULL;
		if (name != NULL) {
			ring[in++ % QUERY_AHEAD] = xstrdup(name);
			q->many = q->many || in > 1;
			look_ahead(q, name);
			continue;
		}
		if (in == out)
			break;
		serve(q, ring[out % QUERY_AHEAD]);
		free(ring[out++ % QUERY_AHEAD]);
		progress_set(bar, out);
	}
	progress_close(bar);
}

static void not_stored(void *arg, const struct reason *why)
{
	(void)arg;
	log_trouble(why);
}

enum { OPTION_LIVE = 1, OPTION_MAP, OPTION_BRIEF };

static int query_run(struct verb_context *v, int argc, char **argv)
{
	struct query q = {.v = v,
	    .began = clock_now(),
	    .env = {.config = &v->config, .args = v->options}};
	struct operands *names;
	const char *value;
	int opt;

	while ((opt = verb_option(v, &verb_query, argc, argv, &value)) > 0) {
		if (opt == OPTION_BRIEF) {
			q.brief = true;
			continue;
		}
		if (opt == OPTION_LIVE) {
			q.env.since = q.began;
			continue;
		}
		q.map = config_map(&v->config, value, strlen(value));
		if (q.map == NULL)
			return verb_usage(
			    &verb_query, _("there is no map %s"), value);
	}
	if (opt < 0)
		return -opt - 1;
	if (optind == argc && isatty(STDIN_FILENO))
		return verb_usage(&verb_query, _("no DOMAIN given"));
	if (!drop_to_owner(v->config.cache))
		return verb_fail(
		    &verb_query, VERB_NOPERM, "%s: %m", v->config.cache);
	names = operands_open(argc - optind, argv + optind);
	q.many = operands_total(names) != 1;
	q.env.store = store_open(v->config.cache, v->config.cache_max_entries);
	q.env.refresh = refresh_open(&v->config, q.env.store,
	    &(const struct refresh_options){.max = QUERY_AHEAD + 1,
		.args = v->options,
		.observer = &(const struct refresh_observer){
		    .not_stored = not_stored}});
	serve_all(&q, names);
	if (operands_failed(names))
		q.exit = verb_fail(&verb_query, VERB_UNAVAILABLE, "%m");
	operands_close(names);
	refresh_close(q.env.refresh);
	store_close(q.env.store);
	return q.exit;
}

static const struct verb_option query_options[] = {
    {OPTION_BRIEF, "brief", NULL,
	N_("one line for each domain: its verdict, without details")},
    {OPTION_LIVE, "live", NULL,
	N_("look everything up now, even if it is cached")},
    {OPTION_MAP, "map", N_("NAME"), N_("print only the reply of the map NAME")},
    {0},
};

const struct verb verb_query = {
    .name = "query",
    .arguments = N_("DOMAIN..."),
    .summary = N_("the reply that Postfix gets for a next hop, and its age"),
    .options = query_options,
    .run = query_run,
};
