/* option: command lines and --help, from the verbs' tables.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "verb/verb.h"

#define OPTIONS_MAX 32 /* of one verb, with the common ones */
#define HELP_COLUMN 24
#define ROW_COLUMN 18 /* of the list of verbs */

/* Our own letters are above all bytes, those of verbs below what can be
 * typed. */
enum { OPTION_HELP = 256, OPTION_JSON, OPTION_COLOR };

static const struct verb_option common[] = {
    {OPTION_JSON, "json", NULL, N_("print one JSON object on each line")},
    {OPTION_COLOR, "color", N_("WHEN"),
	N_("colours and trees: auto (on a terminal), always, never")},
    {OPTION_HELP, "help", NULL, N_("print this help (-h does as well)")},
    {0},
};

int verb_exit_code(enum verdict v)
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
		break;
	}
	return VERB_TEMP;
}

static void print_options(const struct verb_option *o)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[80];
		int width;

		snprintf(left, sizeof left, "--%s%s%s", o->name,
		    o->argument != NULL ? " " : "",
		    o->argument != NULL ? _(o->argument) : "");
		width = term_columns(left);
		printf("  %s", left);
		if (width > HELP_COLUMN - 4) {
			putchar('\n');
			width = -2;
		}
		printf("%*s", HELP_COLUMN - 2 - width, "");
		term_wrapped(stdout, _(o->help), HELP_COLUMN, HELP_COLUMN, 79);
	}
}

static void print_usage(FILE *to, const struct verb *verb)
{
	char *text;

	xneed(asprintf(&text,
		  _("usage: mxpolicy [-c FILE] [-o KEY=VALUE]... %s "
		    "[OPTION]...%s%s"),
		  verb->name, verb->arguments[0] != '\0' ? " " : "",
		  verb->arguments[0] != '\0' ? _(verb->arguments) : "") >= 0);
	term_wrapped(to, text, 0, 7, 79);
	free(text);
}

void verb_help(const struct verb *verb)
{
	print_usage(stdout, verb);
	putchar('\n');
	term_wrapped(stdout, _(verb->summary), 0, 0, 79);
	printf(_("\nOptions:\n"));
	print_options(verb->options);
	print_options(common);
	printf(_("\nSee mxpolicy(1).\n"));
}

/* One row of the list: what is typed, and what it does. */
static void print_left(const char *left)
{
	int width = term_columns(left) + 2;

	printf(
	    "  %s%*s", left, width < ROW_COLUMN ? ROW_COLUMN - width : 1, "");
}

static void print_row(const char *left, const char *right)
{
	print_left(left);
	term_wrapped(stdout, right, ROW_COLUMN, ROW_COLUMN, 79);
}

void verb_help_all(const char *prefix)
{
	size_t len = prefix != NULL ? strlen(prefix) : 0;

	printf(_("usage: mxpolicy [-c FILE] [-o KEY=VALUE]... VERB "
		 "[OPTION]... [ARGUMENT]...\n"
		 "       mxpolicy VERB --help\n"
		 "       mxpolicy --help | --version\n"));
	printf(_("\nTLS policy for outgoing mail: DANE and MTA-STS for "
		 "Postfix.\n\nVerbs:\n"));
	for (const struct verb *const *v = verbs; *v != NULL; v++)
		if (len == 0 || (strncmp((*v)->name, prefix, len) == 0 &&
				    (*v)->name[len] == ' '))
			print_row((*v)->name, _((*v)->summary));
	putchar('\n');
	/* One line, because the completions read the path from it. */
	print_left(_("-c FILE"));
	printf(_("read FILE instead of %s\n"), CONFIG_PATH);
	print_row(_("-o KEY=VALUE"), _("set KEY, overriding the file"));
	printf(_("\nSee mxpolicy(1).\n"));
}

static int __attribute__((format(printf, 3, 0)))
vcomplain(const struct verb *verb, int code, const char *fmt, va_list ap)
{
	int at = fprintf(stderr, "mxpolicy %s: ", verb->name);
	char *text;

	xneed(vasprintf(&text, fmt, ap) >= 0);
	if (isatty(STDERR_FILENO))
		term_wrapped(stderr, text, at, 2, 79);
	else
		fprintf(stderr, "%s\n", text);
	free(text);
	return code;
}

int verb_fail(const struct verb *verb, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(verb, code, fmt, ap);
	va_end(ap);
	return code;
}

int verb_usage(const struct verb *verb, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vcomplain(verb, VERB_USAGE, fmt, ap);
	va_end(ap);
	print_usage(stderr, verb);
	fprintf(stderr, _("\"mxpolicy %s --help\" explains the options.\n"),
	    verb->name);
	return VERB_USAGE;
}

const struct verb *verb_find(int argc, char **argv, int *words)
{
	*words = 0;
	for (const struct verb *const *v = verbs; *v != NULL; v++) {
		const char *space = strchr((*v)->name, ' ');
		size_t first = space != NULL ? (size_t)(space - (*v)->name)
					     : strlen((*v)->name);

		if (strlen(argv[0]) != first ||
		    memcmp(argv[0], (*v)->name, first) != 0)
			continue;
		*words = 1;
		if (space == NULL)
			return *v;
		if (argc > 1 && strcmp(argv[1], space + 1) == 0) {
			*words = 2;
			return *v;
		}
	}
	return NULL;
}

static size_t add_options(
    struct option *to, size_t n, const struct verb_option *from)
{
	for (; from != NULL && from->name != NULL; from++) {
		if (n == OPTIONS_MAX)
			abort(); /* OPTIONS_MAX is too small */
		to[n++] = (struct option){.name = from->name,
		    .has_arg = from->argument != NULL ? required_argument
						      : no_argument,
		    .val = from->letter};
	}
	return n;
}

/* No option but -h has one letter, and an unknown letter may be one of
 * several in a word that getopt has not finished. */
static int unknown_option(const struct verb *verb, char **argv)
{
	char letter[] = "-?";

	if (optopt >= OPTION_HELP || (optopt >= 0 && optopt < ' '))
		return verb_usage(
		    verb, _("unknown option %s"), argv[optind - 1]);
	if (optopt > ' ' && optopt <= '~')
		letter[1] = (char)optopt;
	return verb_usage(verb, _("unknown option %s"), letter);
}

static int unwanted(const struct verb *verb, const char *operand)
{
	if (verb->instead != NULL)
		return verb_usage(verb, "%s: %s", operand, _(verb->instead));
	return verb_usage(verb, _("too many arguments: %s"), operand);
}

int verb_option(struct verb_context *v, const struct verb *verb, int argc,
    char **argv, const char **value)
{
	struct option options[OPTIONS_MAX + 1] = {0};
	int letter;

	add_options(options, add_options(options, 0, verb->options), common);
	opterr = 0;
	for (;;) {
		/* With ":" a missing value is not an unknown option. */
		letter = getopt_long(argc, argv, ":h", options, NULL);
		*value = optarg;
		switch (letter) {
		case -1:
			if (verb->arguments[0] == '\0' && optind < argc)
				return VERB_STOP(unwanted(verb, argv[optind]));
			return 0;
		case ':':
			return VERB_STOP(verb_usage(
			    verb, _("%s needs a value"), argv[optind - 1]));
		case '?':
			return VERB_STOP(unknown_option(verb, argv));
		case 'h':
		case OPTION_HELP:
			verb_help(verb);
			return VERB_STOP(VERB_OK);
		case OPTION_JSON:
			v->json = true;
			continue;
		case OPTION_COLOR:
			if (!term_choose(&v->term, optarg))
				return VERB_STOP(verb_usage(verb,
				    _("--color must be auto, always or never, "
				      "not %s"),
				    optarg));
			continue;
		default:
			return letter;
		}
	}
}
