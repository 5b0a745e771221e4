/* lint: check what a domain publishes, for those who publish it.
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "verb/lint/domain.h"
#include "verb/lint/report.h"
#include "verb/lint/text.h"
#include "verb/operands.h"

enum { OPTION_POLICY = 1, OPTION_TXT, OPTION_STRICT };

static const struct verb_option options[] = {
    {OPTION_POLICY, "policy", N_("FILE"),
	N_("check this policy file (-: standard input); with a DOMAIN, instead "
	   "of the one that it publishes")},
    {OPTION_TXT, "txt", N_("TEXT"), N_("check this TXT record, likewise")},
    {OPTION_STRICT, "strict", NULL,
	N_("exit with status 2 on warnings as well")},
    {0},
};

struct work {
	struct lint lint;
	struct trace *trace; /* of domains */
	bool strict;
	const char *policy_file, *txt; /* NULL: not given */
	struct lint_source policy_source, txt_source;
	char buf[STS_POLICY_MAX + 1]; /* one more, to detect excess length */
};

/* false: errno says why. */
static bool read_policy(struct work *w)
{
	bool standard = strcmp(w->policy_file, "-") == 0;
	FILE *f = standard ? stdin : fopen(w->policy_file, "re");
	bool good;

	if (f == NULL)
		return false;
	errno = 0;
	w->policy_source.text = w->buf;
	w->policy_source.len = fread(w->buf, 1, sizeof w->buf, f);
	good = !ferror(f);
	if (!standard)
		fclose(f);
	text_printable(w->policy_source.name, sizeof w->policy_source.name,
	    standard ? "-" : w->policy_file,
	    standard ? 1 : strlen(w->policy_file));
	return good;
}

static int result(const struct work *w)
{
	const struct lint *l = &w->lint;

	if (l->unknown)
		return VERB_TEMP;
	if (l->count[LINT_ERROR] > 0 ||
	    (w->strict && l->count[LINT_WARNING] > 0))
		return VERB_BAD;
	return l->absent ? VERB_NOTFOUND : VERB_OK;
}

static void begin(struct work *w, const char *target)
{
	w->lint = (struct lint){.v = w->lint.v, .target = target};
}

static int lint_texts(struct work *w)
{
	char id[STS_ID_MAX + 1];
	struct lint_policy p;

	begin(w, "");
	if (w->txt != NULL)
		(void)lint_txt_text(&w->lint, &w->txt_source, id);
	if (w->policy_file != NULL) {
		lint_policy_text(&w->lint, &w->policy_source, &p);
		lint_policy_clear(&p);
	}
	lint_sum(&w->lint);
	return result(w);
}

static int lint_one(void *arg, const char *name)
{
	struct work *w = arg;

	begin(w, name);
	trace_look(w->trace, name);
	lint_domain(&w->lint, w->trace,
	    w->policy_file != NULL ? &w->policy_source : NULL,
	    w->txt != NULL ? &w->txt_source : NULL);
	lint_sum(&w->lint);
	fflush(stdout);
	return result(w);
}

static int lint_domains(struct work *w, int argc, char **argv)
{
	int code;

	w->trace = trace_open(w->lint.v);
	code = operands_each(&verb_lint, argc, argv, lint_one, w);
	trace_close(w->trace);
	return code;
}

static void take_option(struct work *w, int letter, const char *value)
{
	switch (letter) {
	case OPTION_POLICY:
		w->policy_file = value;
		break;
	case OPTION_TXT:
		w->txt = value;
		w->txt_source = (struct lint_source){
		    .name = "TXT", .text = value, .len = strlen(value)};
		break;
	case OPTION_STRICT:
		w->strict = true;
		break;
	}
}

static int lint_run(struct verb_context *v, int argc, char **argv)
{
	static struct work w;
	const char *value;
	int opt;

	w.lint.v = v;
	while ((opt = verb_option(v, &verb_lint, argc, argv, &value)) > 0)
		take_option(&w, opt, value);
	if (opt < 0)
		return -opt - 1;
	if (w.policy_file != NULL && strcmp(w.policy_file, "-") == 0 &&
	    optind + 1 == argc && strcmp(argv[optind], "-") == 0)
		return verb_usage(
		    &verb_lint, _("standard input can be the policy or the "
				  "domains, not both"));
	if (w.policy_file != NULL && !read_policy(&w))
		return verb_fail(&verb_lint, VERB_UNAVAILABLE, "%s: %s",
		    w.policy_file, strerror(errno));
	if (optind < argc)
		return lint_domains(&w, argc - optind, argv + optind);
	if (w.policy_file == NULL && w.txt == NULL)
		return verb_usage(
		    &verb_lint, _("no DOMAIN, --policy or --txt given"));
	return lint_texts(&w);
}

const struct verb verb_lint = {
    .name = "lint",
    .arguments = N_("[DOMAIN...]"),
    .summary = N_("check the MTA-STS policy that a domain publishes or is "
		  "about to publish"),
    .options = options,
    .run = lint_run,
};
