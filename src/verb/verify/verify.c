/* verify: try to deliver to each MX host, up to where mail would follow.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "verb/operands.h"
#include "verb/verify/chain.h"
#include "verb/verify/connect.h"
#include "verb/verify/hosts.h"
#include "verb/verify/json.h"
#include "verb/verify/outcome.h"
#include "verb/verify/tree.h"

#define TIMEOUT_DEFAULT 30
#define DAYS_MAX 3650
#define TIMEOUT_MAX 600

static int exit_code(const struct verify *v)
{
	size_t good;

	switch (outcome_count(v, &good)) {
	case VERIFY_DELIVERED:
		return VERB_OK;
	case VERIFY_REFUSED:
		return VERB_BAD;
	case VERIFY_UNREACHED:
		break;
	}
	return VERB_TEMP;
}

static int verify_one(void *arg, const char *next_hop)
{
	struct verify *v = arg;
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0), ours;
	int code;

	trace_look(v->c, next_hop);
	verify_gather(v);
	/* Reasons have the words that Postfix logs, so texts from libraries
	 * must be in the same language. */
	ours = uselocale(plain);
	verify_try(v);
	uselocale(ours);
	if (plain != (locale_t)0)
		freelocale(plain);
	if (v->v->json)
		verify_json(v, next_hop);
	else if (v->brief)
		verify_brief(v, next_hop);
	else
		verify_tree(v, next_hop);
	code = exit_code(v);
	verify_forget(v);
	return code;
}

/* ---- the command line ---- */

enum {
	OPTION_MAP = 1,
	OPTION_PORT,
	OPTION_TIMEOUT,
	OPTION_IPV4,
	OPTION_IPV6,
	OPTION_BRIEF,
	OPTION_DAYS
};

static const struct verb_option options[] = {
    {OPTION_MAP, "map", N_("NAME"),
	N_("act on the replies of the map NAME (default: the first map with "
	   "the attributes of TLSRPT)")},
    {OPTION_PORT, "port", N_("PORT"),
	N_("connect to this port instead of the one of DOMAIN, or 25; TLSA "
	   "records are still looked up for that one")},
    {OPTION_TIMEOUT, "timeout", N_("SECONDS"),
	N_("time limit for each address (default: 30)")},
    {OPTION_BRIEF, "brief", NULL,
	N_("one line for each domain: what would become of mail, and why")},
    {OPTION_DAYS, "days", N_("DAYS"),
	N_("warn of certificates that expire within so many days (default: "
	   "when a third of their lifetime is left)")},
    {OPTION_IPV4, "ipv4", NULL, N_("IPv4 addresses only")},
    {OPTION_IPV6, "ipv6", NULL, N_("IPv6 addresses only")},
    {0},
};

/* A number from 1 to max, else 0. */
static long number(const char *text, long max)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *end == '\0' && end != text && n > 0 && n <= max ? n : 0;
}

/* The first map whose replies have all that RFC 8461 requires, else the
 * first. */
static const struct config_map *default_map(const struct config *c)
{
	for (size_t i = 0; i < c->n_maps; i++)
		if (c->maps[i].tlsrpt)
			return &c->maps[i];
	return &c->maps[0];
}

/* 0, or the exit code. */
static int take_option(struct verify *v, int letter, const char *value)
{
	switch (letter) {
	case OPTION_MAP:
		v->map = config_map(&v->v->config, value, strlen(value));
		if (v->map == NULL)
			return verb_usage(
			    &verb_verify, _("there is no map %s"), value);
		break;
	case OPTION_PORT:
		v->port = (uint16_t)number(value, UINT16_MAX);
		if (v->port == 0)
			return verb_usage(&verb_verify,
			    _("--port must be a number from 1 to 65535, not "
			      "%s"),
			    value);
		break;
	case OPTION_TIMEOUT:
		v->timeout_ms = number(value, TIMEOUT_MAX) * 1000;
		if (v->timeout_ms == 0)
			return verb_usage(&verb_verify,
			    _("--timeout must be a number of seconds from 1 to "
			      "%d, not %s"),
			    TIMEOUT_MAX, value);
		break;
	case OPTION_BRIEF:
		v->brief = true;
		break;
	case OPTION_DAYS:
		v->days = number(value, DAYS_MAX);
		if (v->days == 0)
			return verb_usage(&verb_verify,
			    _("--days must be a number from 1 to %d, not %s"),
			    DAYS_MAX, value);
		break;
	case OPTION_IPV4:
		v->family = AF_INET;
		break;
	case OPTION_IPV6:
		v->family = AF_INET6;
		break;
	}
	return 0;
}

static int verify_run(struct verb_context *context, int argc, char **argv)
{
	static struct verify v;
	const char *value;
	int opt, code;

	v = (struct verify){.v = context,
	    .map = default_map(&context->config),
	    .family = AF_UNSPEC,
	    .timeout_ms = TIMEOUT_DEFAULT * 1000};
	while ((opt = verb_option(context, &verb_verify, argc, argv, &value)) >
	       0) {
		code = take_option(&v, opt, value);
		if (code != 0)
			return code;
	}
	if (opt < 0)
		return -opt - 1;
	if (optind == argc)
		return verb_usage(&verb_verify, _("no DOMAIN given"));
	v.store = chain_open_store(context->config.ca_file, &v.store_why);
	if (v.store == NULL)
		verb_fail(&verb_verify, 0,
		    _("cannot read the certificate authorities of %s: %s"),
		    context->config.ca_file[0] != '\0' ? context->config.ca_file
						       : _("the system"),
		    v.store_why.text);
	v.c = trace_open(context);
	code = operands_each(
	    &verb_verify, argc - optind, argv + optind, verify_one, &v);
	trace_close(v.c);
	chain_close_store(v.store);
	return code;
}

const struct verb verb_verify = {
    .name = "verify",
    .arguments = N_("DOMAIN..."),
    .summary = N_("connect to the MX hosts as Postfix would and check their "
		  "certificates; no mail is sent"),
    .options = options,
    .run = verify_run,
};
