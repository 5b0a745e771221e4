/* mxpolicy: the command for people.
 * SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "serve/log.h"
#include "serve/startup.h"
#include "verb/libraries.h"
#include "verb/verb.h"

const struct verb *const verbs[] = {
    &verb_query,
    &verb_explain,
    &verb_verify,
    &verb_cache_list,
    &verb_cache_show,
    &verb_cache_drop,
    &verb_cache_export,
    &verb_cache_stats,
    &verb_cache_repack,
    &verb_lint,
    &verb_check,
    &verb_metrics,
    NULL,
};

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* With the libraries that lookups are done with. */
static void print_version(void)
{
	struct libraries l;
	struct reason why;

	puts(PACKAGE_STRING);
	if (!libraries_read(&l, &why))
		fprintf(stderr, "mxpolicy: %s\n", why.text);
	for (size_t i = 0; i < l.n; i++)
		printf("%s %s\n", l.of[i].name, l.of[i].version);
}

/* --help and --version, which need no verb. */
static bool is_asked_about(const char *word)
{
	if (is_help(word) || strcmp(word, "help") == 0)
		verb_help_all(NULL);
	else if (strcmp(word, "--version") == 0)
		print_version();
	else
		return false;
	return true;
}

/* The first words do not name a verb; `cache --help` asks for help, though. */
static int no_verb(int argc, char **argv, int words)
{
	if (argc > 0 && is_asked_about(argv[0]))
		return VERB_OK;
	if (words > 0 && argc > 1 && is_help(argv[1])) {
		verb_help_all(argv[0]);
		return VERB_OK;
	}
	if (argc == 0)
		fprintf(stderr,
		    _("mxpolicy: no verb given, see mxpolicy --help\n"));
	else if (argv[0][0] == '-')
		fprintf(stderr,
		    _("mxpolicy: unknown option %s before the verb, see "
		      "mxpolicy --help\n"),
		    argv[0]);
	else if (words > 0 && argc > 1)
		fprintf(stderr,
		    _("mxpolicy %s: unknown subcommand %s, see "
		      "mxpolicy %s --help\n"),
		    argv[0], argv[1], argv[0]);
	else if (words > 0)
		fprintf(stderr,
		    _("mxpolicy %s: no subcommand given, see mxpolicy %s "
		      "--help\n"),
		    argv[0], argv[0]);
	else
		fprintf(stderr,
		    _("mxpolicy: unknown verb %s, see mxpolicy "
		      "--help\n"),
		    argv[0]);
	return VERB_USAGE;
}

/* -c and -o as given, NULL-terminated. */
static char **options_for_resolve(int n, char **given)
{
	char **options = xcalloc((size_t)n + 1, sizeof *options);

	memcpy(options, given, (size_t)n * sizeof *options);
	return options;
}

/* Report output that was lost, but not if the reader of a pipe has closed
 * it. */
static int finish(const struct verb *verb, int code)
{
	bool lost = ferror(stdout) != 0;
	struct stat st;

	errno = 0;
	lost = fflush(stdout) != 0 || lost;
	if (!lost || (fstat(STDOUT_FILENO, &st) == 0 &&
			 (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))))
		return code;
	return verb_fail(
	    verb, VERB_UNAVAILABLE, "%s", strerror(errno != 0 ? errno : EIO));
}

int main(int argc, char **argv)
{
	static struct verb_context v;
	const struct verb *verb;
	struct reason why;
	int first, words = 0;

	startup_settle();
	setlocale(LC_ALL, "");
	bindtextdomain(PACKAGE, LOCALEDIR);
	textdomain(PACKAGE);
	first = config_from_args(&v.config, argc, argv, &why);
	if (first < 0) {
		fprintf(stderr, "mxpolicy: %s\n", why.text);
		return VERB_USAGE;
	}
	verb =
	    first < argc ? verb_find(argc - first, argv + first, &words) : NULL;
	if (verb == NULL)
		return no_verb(argc - first, argv + first, words);
	/* A person sees what goes wrong, not each lookup. */
	log_open("mxpolicy", CONFIG_LOG_WARNING);
	log_problems(&v.config);
	/* The service has settings of its own: with others it is not asked. */
	if (first > 1 && !config_was_given("resolve-socket", argc, argv))
		v.config.resolve_socket[0] = '\0';
	v.options = options_for_resolve(first - 1, argv + 1);
	term_init(&v.term);
	first += words - 1;
	return finish(verb, verb->run(&v, argc - first, argv + first));
}
