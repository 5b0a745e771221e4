/* term: colours and wrapped lines for a person at a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_TERM_H
#define MXPOLICY_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum term_style {
	TERM_PLAIN,
	TERM_GOOD,  /* green */
	TERM_BAD,   /* red */
	TERM_WARN,  /* yellow */
	TERM_FAINT, /* of little importance */
	TERM_HEAD,  /* bold */
};

/* How to write to standard output.  Colours and tree lines need a terminal (or
 * --color always).  NO_COLOR in the environment, if it is not empty, and
 * TERM=dumb disable colours. */
struct term {
	bool terminal; /* trees are drawn, lines are wrapped */
	bool colour;
	bool utf8; /* the locale's character set: proper tree lines */
	int width; /* columns of the terminal, 80 if unknown */
};

void term_init(struct term *p);

/* Choose "auto", "always" or "never"; false for anything else. */
bool term_choose(struct term *p, const char *when);

/* Print in a style; on and off write nothing where colours are disabled. */
void term_on(const struct term *p, enum term_style style);
void term_off(const struct term *p, enum term_style style);
void term_put(const struct term *p, enum term_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The width of a text in columns; unprintable characters count 0. */
int term_columns(const char *text);

/* Print a text from column `at` on, wrapped between words before column
 * `width`, with further lines indented by `indent`, and a newline.  A line may
 * also end between two characters of double width.  A word that is too long
 * gets a line of its own and runs over. */
void term_wrapped(FILE *to, const char *text, int at, int indent, int width);

#endif
