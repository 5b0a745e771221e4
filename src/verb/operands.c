/* operands: the domains of a command line, or of standard input.
 * SPDX-License-Identifier: MIT */
#include "verb/operands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

#define BLANKS " \t\r\n\v\f"

struct operands {
	int argc;
	char **argv;
	bool from_stdin;
	int failed;	   /* errno of reading, or 0 */
	size_t size;	   /* of line */
	char *line, *word; /* word: where the rest of the line begins */
};

struct operands *operands_open(int argc, char **argv)
{
	struct operands *n = xcalloc(1, sizeof *n);

	n->argc = argc;
	n->argv = argv;
	n->from_stdin = argc == 0 || (argc == 1 && strcmp(argv[0], "-") == 0);
	return n;
}

void operands_close(struct operands *n)
{
	free(n->line);
	free(n);
}

/* No name contains one, and a terminal would obey it.  A NUL would end the
 * line. */
static void hide_controls(char *line, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == '\0' || c == 0x7f ||
		    (c < ' ' && strchr(BLANKS, c) == NULL))
			line[i] = '?';
	}
}

/* The next line that contains a word. */
static bool read_line(struct operands *n)
{
	ssize_t len;

	while ((len = getline(&n->line, &n->size, stdin)) >= 0) {
		hide_controls(n->line, (size_t)len);
		n->line[strcspn(n->line, "#")] = '\0';
		n->word = n->line + strspn(n->line, BLANKS);
		if (*n->word != '\0')
			return true;
	}
	n->failed = ferror(stdin) ? errno : 0;
	n->word = NULL;
	return false;
}

const char *operands_next(struct operands *n)
{
	char *word;

	/* The reader of the answers is gone, or the disk is full. */
	if (ferror(stdout))
		return NULL;
	if (!n->from_stdin) {
		if (n->argc == 0)
			return NULL;
		n->argc--;
		return *n->argv++;
	}
	if ((n->word == NULL || *n->word == '\0') && !read_line(n))
		return NULL;
	word = n->word;
	n->word += strcspn(n->word, BLANKS);
	if (*n->word != '\0')
		*n->word++ = '\0';
	n->word += strspn(n->word, BLANKS);
	return word;
}

bool operands_failed(const struct operands *n)
{
	errno = n->failed;
	return n->failed != 0;
}

size_t operands_total(const struct operands *n)
{
	return n->from_stdin ? 0 : (size_t)n->argc;
}

int operands_each(const struct verb *verb, int argc, char **argv,
    int (*one)(void *arg, const char *name), void *arg)
{
	struct operands *names = operands_open(argc, argv);
	int worst = VERB_OK;
	const char *name;

	while ((name = operands_next(names)) != NULL) {
		int code = one(arg, name);

		if (code > worst)
			worst = code;
	}
	if (operands_failed(names))
		worst = verb_fail(verb, VERB_UNAVAILABLE, "%m");
	operands_close(names);
	return worst;
}
