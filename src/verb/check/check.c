/* check: the set-up, item by item.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <unistd.h>
#include "verb/check/cache.h"
#include "verb/check/lookup.h"
#include "verb/check/postfix.h"
#include "verb/check/serve.h"
#include "verb/check/settings.h"
#include "verb/check/share.h"

#define SYSTEMD_RUNS "/run/systemd/system" /* sd_booted(3) */

enum { OPTION_USER = 1, OPTION_POSTFIX };

/* What only root, or the user that serves, can see. */
static void check_rights(struct setup *c)
{
	if (geteuid() == 0 || (c->user.exists && geteuid() == c->user.uid))
		return;
	check_group(&c->report, "user", _("You"));
	check_tell(&c->report, CHECK_SKIPPED, "user-rights", NULL,
	    _("you are neither root nor %s: what that user may do is judged by "
	      "owners and modes alone, and the cache, the counters and files "
	      "of Postfix that you may not read are not looked at"),
	    c->user.name);
}

static int check_run(struct verb_context *v, int argc, char **argv)
{
	const char *dirs[INSTANCES_MAX], *user = SERVICE_USER, *value;
	static struct setup c;
	size_t n_dirs = 0;
	int opt;

	while ((opt = verb_option(v, &verb_check, argc, argv, &value)) > 0) {
		if (opt == OPTION_USER)
			user = value;
		else if (n_dirs < INSTANCES_MAX)
			dirs[n_dirs++] = value;
		else
			return verb_usage(
			    &verb_check, _("too many arguments: %s"), value);
	}
	if (opt < 0)
		return -opt - 1;
	if (user[0] == '\0')
		return verb_usage(&verb_check, _("%s needs a value"), "--user");
	c.v = v;
	c.report = (struct check_report){.term = &v->term, .json = v->json};
	c.user = check_user(user);
	c.systemd = access(SYSTEMD_RUNS, F_OK) == 0;
	c.instance = instance_read(dirs, n_dirs, &c.n_instances);
	check_rights(&c);
	check_settings(&c);
	check_lookup(&c);
	check_cache(&c);
	check_share(&c);
	check_serve(&c);
	check_postfix(&c);
	instance_free(c.instance, c.n_instances);
	check_sum(&c.report);
	return c.report.count[CHECK_BAD] > 0 ? VERB_BAD : VERB_OK;
}

static const struct verb_option options[] = {
    {OPTION_POSTFIX, "postfix", N_("DIR"),
	N_("a Postfix configuration directory; may be repeated (default: all "
	   "instances that postmulti knows)")},
    {OPTION_USER, "user", N_("NAME"),
	N_("the user that mxpolicy runs as (default: the one of the units)")},
    {0},
};

const struct verb verb_check = {
    .name = "check",
    .arguments = "",
    .summary =
	N_("check the whole set-up, and print the commands that correct it"),
    .options = options,
    .run = check_run,
};
