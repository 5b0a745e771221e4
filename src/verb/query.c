/* query: print the reply that Postfix would get.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "cache/fresh.h"
#include "serve/answer.h"
#include "serve/clock.h"
#include "verb/verb.h"

#define QUERY_LOOKUPS 4

static void print_note(
    const char *key, const char *text, size_t len, void *arg)
{
	(void)key;
	(void)arg;
	printf("  %.*s\n", (int)len, text);
}

static void explain_sts(const struct answer *a)
{
	const struct sts_branch *s = &a->record.sts;
	int64_t now = clock_now();

	if (fresh_policy_alive(s, now))
		printf(_("MTA-STS: policy %s, mode %s, expires in %lld s\n"),
		    s->id, sts_mode_name(s->policy.mode),
		    (long long)(s->fetched + s->policy.max_age - now));
	else if (!s->failed)
		printf(_("MTA-STS: no policy is published\n"));
	if (s->failed)
		printf(_("MTA-STS: %s%s%s\n"), sts_failure_name(s->failure),
		    s->failure != STS_FAILURE_NONE ? ": " : "", s->why.text);
	else if (s->why.text[0] != '\0')
		printf(_("MTA-STS: %s\n"), s->why.text);
}

static void explain(const struct answer *a)
{
	const struct dane_branch *d = &a->record.dane;

	if (a->domain.kind == DOMAIN_REFUSED) {
		printf(_("Nothing is looked up for this next hop: it is a "
			 "parent domain, an address, or no host name.\n"));
		return;
	}
	if (d->failed)
		printf(_("DANE: %s\n"), d->why.text);
	else if (d->asof != 0)
		printf(_("DANE: %s (usable %u, unusable %u, without %u, "
			 "unknown %u)%s%s\n"),
		    verdict_row(&d->last), d->last.usable, d->last.unusable,
		    d->last.none, d->last.error,
		    d->last.why.text[0] != '\0' ? ": " : "",
		    d->last.why.text);
	explain_sts(a);
	printf(_("Verdict: %s%s%s\n"), verdict_name(a->verdict),
	    a->why.text[0] != '\0' ? ": " : "", a->why.text);
}

static int exit_code(enum verdict v)
{
	switch (v) {
	case VERDICT_DANE_ONLY:
	case VERDICT_DANE:
	case VERDICT_SECURE:
		return VERB_OK;
	case VERDICT_NOTFOUND:
		return VERB_NOTFOUND;
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		return VERB_TEMP;
	}
	return VERB_TEMP;
}

static int query_one(struct answer_env *env, const struct config_map *map,
    const char *domain, bool explained)
{
	static char reply[REPLY_MAX];
	static struct answer a;
	size_t len;

	len = answer_key(env, map, domain, strlen(domain), &a, reply);
	if (explained)
		explain(&a);
	fwrite(reply, 1, len, stdout);
	putchar('\n');
	return exit_code(a.verdict);
}

static int query_run(struct verb_context *v, int argc, char **argv)
{
	static const struct option options[] = {
		{ "explain", no_argument, NULL, 'x' },
		{ "live", no_argument, NULL, 'l' },
		{ "map", required_argument, NULL, 'm' },
		{ 0 },
	};
	struct answer_env env = { .config = &v->config, .args = v->options };
	const char *map_name = "QUERY";
	const struct config_map *map;
	bool explained = false;
	int opt, result;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'x')
			explained = env.live = true;
		else if (opt == 'l')
			env.live = true;
		else if (opt == 'm')
			map_name = optarg;
		else
			return verb_usage(&verb_query,
			    _("unknown option %s"), argv[optind - 1]);
	}
	if (argc - optind != 1)
		return verb_usage(
		    &verb_query, _("one DOMAIN is expected"));
	map = config_map(&v->config, map_name, strlen(map_name));
	if (map == NULL)
		return verb_usage(
		    &verb_query, _("no map is named %s"), map_name);
	env.store = store_open(v->config.cache, v->config.cache_max_entries);
	env.refresh = refresh_open(
	    &v->config, env.store, env.args, QUERY_LOOKUPS, true);
	if (explained)
		refresh_set_notes(env.refresh, print_note, NULL);
	result = query_one(&env, map, argv[optind], explained);
	refresh_close(env.refresh);
	store_close(env.store);
	return result;
}

const struct verb verb_query = {
	.name = "query",
	.arguments = "[--explain] [--live] [--map NAME] DOMAIN",
	.summary = N_("print the reply that Postfix would get"),
	.run = query_run,
};
