/* export: the cache as a Postfix table, or as JSON.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "term/duration.h"
#include "verb/cache/cache.h"
#include "verb/recordjson.h"
#include "wire/reply.h"

#define REPLY_OK "OK "

struct export
{
	struct verb_context *v;
	const struct config_map *map;
	int64_t now;
	bool due;    /* include records that are due */
	size_t left; /* how many were left out */
	size_t lines;
	FILE *to; /* writes to text, about the record at hand */
	char *text;
	size_t size;
	char **record; /* the texts of all */
	size_t n, room;
	char reply[REPLY_MAX + 1]; /* of the record at hand */
};

static void open_text(struct export *e)
{
	e->to = open_memstream(&e->text, &e->size);
	xneed(e->to != NULL);
}

/* Keep what was written about one record. */
static void keep_text(struct export *e)
{
	fclose(e->to);
	if (e->size > 0) {
		e->record = xgrow(e->record, e->n, &e->room, sizeof *e->record);
		e->record[e->n++] = e->text;
	} else {
		free(e->text);
	}
	open_text(e);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* By their keys, with which the texts begin: two exports can be compared. */
static void write_sorted(struct export *e)
{
	if (e->n > 0)
		qsort(e->record, e->n, sizeof *e->record, compare);
	for (size_t i = 0; i < e->n; i++) {
		fputs(e->record[i], stdout);
		free(e->record[i]);
	}
	free(e->record);
}

/* The policy as Postfix would get it, "" where there is none.  In e->reply. */
static const char *policy_of(struct export *e, const struct record_status *f,
    const char *key, const struct record *r)
{
	static struct domain d;
	const struct reply words = {.verdict = f->known,
	    .policy = &r->sts.policy,
	    .policy_domain = d.name,
	    .tlsrpt = e->map->tlsrpt,
	    .servername = e->map->servername,
	    .why = &f->why};

	/* The name within "[host]:25" and "name:587". */
	domain_parse(&d, key, strlen(key));
	e->reply[reply_format(&words, e->reply)] = '\0';
	return strncmp(e->reply, REPLY_OK, strlen(REPLY_OK)) == 0
		   ? e->reply + strlen(REPLY_OK)
		   : "";
}

static void put_line(struct export *e, const char *key, const char *policy)
{
	size_t len = strlen(key);

	/* Postfix asks for a smart host as main.cf names it. */
	if (key[0] == '[' && len > 4 && strcmp(key + len - 4, "]:25") == 0)
		fprintf(e->to, "%.*s\t%s\n", (int)len - 3, key, policy);
	fprintf(e->to, "%s\t%s\n", key, policy);
	e->lines++;
}

static void put_postfix(
    const char *key, const struct record *r, size_t len, void *arg)
{
	struct export *e = arg;
	const char *policy;
	struct record_status f;

	(void)len;
	record_status_of(&f, key, r, &e->v->config, e->map, e->now);
	policy = policy_of(e, &f, key, r);
	if (policy[0] == '\0')
		return;
	if (f.served == VERDICT_PENDING && !e->due)
		e->left++;
	else
		put_line(e, key, policy);
	keep_text(e);
}

static void put_json(
    const char *key, const struct record *r, size_t len, void *arg)
{
	struct export *e = arg;
	json_t *o = json_open("cache-export-1");
	struct record_status f;

	(void)len;
	record_status_of(&f, key, r, &e->v->config, e->map, e->now);
	json_text(o, "key", key);
	json_text(o, "map", e->map->name);
	json_text(o, "verdict", verdict_name(f.served));
	json_text(o, "last_verdict", verdict_name(f.known));
	json_text(o, "postfix", policy_of(e, &f, key, r));
	json_time(o, "used", r->used);
	json_number(o, "uses", r->uses);
	recordjson_add(o, r, e->now);
	json_dumpf(o, e->to, JSON_COMPACT);
	putc('\n', e->to);
	json_decref(o);
	keep_text(e);
}

enum { OPTION_POSTFIX = 1, OPTION_DUE, OPTION_MAP };

static int export_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_export;
	struct export e = {
	    .v = v, .map = cache_default_map(v), .now = clock_now()};
	struct cache_walk walk = {.arg = &e};
	int opt, code = VERB_OK;
	char date[DURATION_MAX];
	const char *value;
	struct store *s;

	while ((opt = verb_option(v, verb, argc, argv, &value)) > 0) {
		if (opt == OPTION_MAP &&
		    (e.map = cache_map(v, verb, value)) == NULL)
			return VERB_USAGE;
		e.due |= opt == OPTION_DUE;
		v->json &= opt != OPTION_POSTFIX;
	}
	if (opt < 0)
		return -opt - 1;
	s = cache_open(v, verb, CACHE_READ, &code);
	if (s == NULL)
		return code;
	open_text(&e);
	walk.visit = v->json ? put_json : put_postfix;
	if (!v->json)
		printf("# mxpolicy cache export --map %s, %s\n", e.map->name,
		    duration_date(e.now, date));
	if (cache_walk(v, verb, s, &walk, &code)) {
		write_sorted(&e);
		e.n = 0;
	}
	if (code == VERB_OK && e.left > 0)
		verb_fail(verb, VERB_OK,
		    ngettext("%zu domain is left out because its record is due "
			     "(--due includes the last known policy)",
			"%zu domains are left out because their records are "
			"due (--due includes the last known policies)",
			e.left),
		    e.left);
	fclose(e.to);
	free(e.text);
	store_close(s);
	return code;
}

static const struct verb_option options[] = {
    {OPTION_POSTFIX, "postfix", NULL,
	N_("a table for smtp_tls_policy_maps = texthash:FILE (the default; "
	   "--json prints JSON instead)")},
    {OPTION_MAP, "map", N_("NAME"),
	N_("the policies of the map NAME instead of QUERY")},
    {OPTION_DUE, "due", NULL,
	N_("also domains that are due, with their last known policy")},
    {0},
};

const struct verb verb_cache_export = {
    .name = "cache export",
    .arguments = "",
    .summary = N_("the policies that are served, as a Postfix table or as "
		  "JSON"),
    .options = options,
    .run = export_run,
};
