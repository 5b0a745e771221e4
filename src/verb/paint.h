/* paint: colours, trees and wrapped lines for a person at a terminal.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_PAINT_H
#define MXPOLICY_VERB_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum paint_style {
	PAINT_PLAIN,
	PAINT_GOOD, /* green */
	PAINT_BAD,  /* red */
	PAINT_WARN, /* yellow */
	PAINT_FAINT, /* what is there for completeness */
	PAINT_HEAD, /* bold */
};

/* How standard output is written to.  Colour and tree lines need a terminal
 * (or --color always); NO_COLOR in the environment, not empty, or TERM=dumb
 * leaves the colour out. */
struct paint {
	bool terminal; /* trees are drawn, lines are wrapped */
	bool colour;
	bool utf8; /* the locale's character set: tree lines of its own */
	int width; /* columns of the terminal, 80 where nobody knows */
};

void paint_init(struct paint *p);

/* "auto", "always", "never"; false for any other. */
bool paint_choose(struct paint *p, const char *when);

/* Print in a style; on and off only write what a terminal wants. */
void paint_on(const struct paint *p, enum paint_style style);
void paint_off(const struct paint *p, enum paint_style style);
void paint_put(const struct paint *p, enum paint_style style, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* Bytes of strangers as printable ASCII, each other byte as "?"; cut to what
 * fits.  Returns buf. */
const char *paint_printable(
    char *buf, size_t size, const char *bytes, size_t len);

/* Columns that a text of the locale takes; what is not printable counts 0. */
int paint_columns(const char *text);

/* Text from column `at` on, wrapped between words before `width`, following
 * lines indented by `indent`; ends with a newline.  Between two characters of
 * double width a line may end as well.  A word that does not fit stands alone
 * and runs over. */
void paint_wrapped(FILE *to, const char *text, int at, int indent, int width);

/* ---- trees ---- */

struct tree;

/* Never NULL. */
struct tree *tree_open(void);
void tree_close(struct tree *t);

/* One line below the last line of a smaller depth; depth 0 is a root.  It
 * may be at most one deeper than the line before. */
void tree_add(struct tree *t, int depth, enum paint_style style,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Print all lines on standard output: with tree lines and wrapped on a
 * terminal, else indented by two blanks for each depth and never wrapped. */
void tree_print(const struct tree *t, const struct paint *p);

/* ---- progress ---- */

/* A bar on standard error while that is a terminal, nothing else: drawn anew
 * at most some ten times a second.  total 0: not known, a count is shown. */
struct progress;
struct progress *progress_open(size_t total);
void progress_set(struct progress *p, size_t done);
/* Removes the bar; NULL is fine. */
void progress_close(struct progress *p);

#endif
