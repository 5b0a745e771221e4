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
	TERM_FAINT, /* what is there for completeness */
	TERM_HEAD,  /* bold */
};

/* How standard output is written to.  Colour and tree lines need a terminal
 * (or --color always); NO_COLOR in the environment, not empty, or TERM=dumb
 * leaves the colour out. */
struct term {
	bool terminal; /* trees are drawn, lines are wrapped */
	bool colour;
	bool utf8; /* the locale's character set: tree lines of its own */
	int width; /* columns of the terminal, 80 where nobody knows */
};

void term_init(struct term *p);

/* "auto", "always", "never"; false for any other. */
bool term_choose(struct term *p, const char *when);

/* Print in a style; on and off only write what a terminal wants. */
void term_on(const struct term *p, enum term_style style);
void term_off(const struct term *p, enum term_style style);
void term_put(const struct term *p, enum term_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Columns that a text of the locale takes; what is not printable counts 0. */
int term_columns(const char *text);

/* Text from column `at` on, wrapped between words before `width`, following
 * lines indented by `indent`; ends with a newline.  Between two characters of
 * double width a line may end as well.  A word that does not fit stands alone
 * and runs over. */
void term_wrapped(FILE *to, const char *text, int at, int indent, int width);

#endif
