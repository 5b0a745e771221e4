/* explain: look a domain up and show how the verdict comes about.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include "verb/explain/json.h"
#include "verb/explain/tree.h"
#include "verb/operands.h"

static int explain_run(struct verb_context *v, int argc, char **argv)
{
	struct operands *names;
	struct trace *c;
	const char *name;
	int opt, code, worst = VERB_OK;

	while ((opt = verb_option(v, &verb_explain, argc, argv, &name)) > 0)
		continue;
	if (opt < 0)
		return -opt - 1;
	if (optind == argc)
		return verb_usage(&verb_explain, _("no DOMAIN given"));
	names = operands_open(argc - optind, argv + optind);
	c = trace_open(v);
	while ((name = operands_next(names)) != NULL) {
		trace_look(c, name);
		if (v->json)
			explain_json(c, &v->config, name);
		else
			explain_tree(c, &v->config, &v->term, name);
		code = verb_exit_code(trace_answer(c)->verdict);
		if (code > worst)
			worst = code;
	}
	if (operands_failed(names))
		worst = verb_fail(&verb_explain, VERB_UNAVAILABLE, "%m");
	trace_close(c);
	operands_close(names);
	return worst;
}

const struct verb verb_explain = {
    .name = "explain",
    .arguments = N_("DOMAIN..."),
    .summary =
	N_("look everything up now and show how the verdict comes about"),
    .run = explain_run,
};
