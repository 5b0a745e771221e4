/* explain: look a domain up and show how the verdict comes about.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include "verb/explain/json.h"
#include "verb/explain/tree.h"
#include "verb/operands.h"

struct explaining {
	struct verb_context *v;
	struct trace *trace;
};

static int explain_one(void *arg, const char *name)
{
	const struct explaining *e = arg;

	trace_look(e->trace, name);
	if (e->v->json)
		explain_json(e->trace, &e->v->config, name);
	else
		explain_tree(e->trace, &e->v->config, &e->v->term, name);
	return verb_exit_code(trace_answer(e->trace)->verdict);
}

static int explain_run(struct verb_context *v, int argc, char **argv)
{
	struct explaining e = {.v = v};
	const char *value;
	int opt, code;

	/* There are no options but the common ones. */
	opt = verb_option(v, &verb_explain, argc, argv, &value);
	if (opt < 0)
		return -opt - 1;
	if (optind == argc)
		return verb_usage(&verb_explain, _("no DOMAIN given"));
	e.trace = trace_open(v);
	code = operands_each(
	    &verb_explain, argc - optind, argv + optind, explain_one, &e);
	trace_close(e.trace);
	return code;
}

const struct verb verb_explain = {
    .name = "explain",
    .arguments = N_("DOMAIN..."),
    .summary =
	N_("look everything up now and show how the verdict comes about"),
    .run = explain_run,
};
