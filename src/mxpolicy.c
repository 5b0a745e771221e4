/* mxpolicy: what a person uses.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "serve/log.h"
#include "verb/verb.h"

static const struct verb *const verbs[] = { &verb_query };

#define VERBS (sizeof verbs / sizeof verbs[0])

static void print_help(FILE *to)
{
	fprintf(to, _("usage: mxpolicy [-c FILE] [-o KEY=VALUE]... VERB ...\n"
		      "\nTLS policy for outgoing mail: DANE and MTA-STS for "
		      "Postfix.\n\nVerbs:\n"));
	for (size_t i = 0; i < VERBS; i++)
		fprintf(to, "  %s %s\n      %s\n", verbs[i]->name,
		    verbs[i]->arguments, _(verbs[i]->summary));
	fprintf(to, _("\nSee mxpolicy(1).\n"));
}

int verb_usage(const struct verb *verb, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "mxpolicy %s: ", verb->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, _("\nusage: mxpolicy %s %s\n"), verb->name,
	    verb->arguments);
	return VERB_USAGE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

int main(int argc, char **argv)
{
	static struct verb_context v;
	const struct verb *verb;
	struct reason why;
	int first;

	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_ALL, "");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
	if (argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_help(stdout);
		return VERB_OK;
	}
	if (argc > 1 && strcmp(argv[1], "--version") == 0) {
		puts(PACKAGE_STRING);
		return VERB_OK;
	}
	first = config_from_args(&v.config, argc, argv, &why);
	if (first < 0) {
		fprintf(stderr, "mxpolicy: %s\n", why.text);
		return VERB_USAGE;
	}
	if (first == argc) {
		print_help(stderr);
		return VERB_USAGE;
	}
	verb = find_verb(argv[first]);
	if (verb == NULL) {
		fprintf(stderr, _("mxpolicy: unknown verb %s, see mxpolicy "
				  "--help\n"), argv[first]);
		return VERB_USAGE;
	}
	/* A person sees what goes wrong, not each lookup. */
	log_open("mxpolicy", CONFIG_LOG_WARNING);
	for (size_t i = 0; i < v.config.n_problems && i < CONFIG_PROBLEMS_MAX;
	     i++)
		log_line(CONFIG_LOG_WARNING, "%s", v.config.problems[i].text);
	v.options = calloc((size_t)first, sizeof *v.options);
	if (v.options == NULL)
		return VERB_TEMP;
	memcpy(v.options, argv + 1, (size_t)(first - 1) * sizeof *v.options);
	return verb->run(&v, argc - first, argv + first);
}
