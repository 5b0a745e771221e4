/* tree: lines below lines, drawn on a terminal, indented elsewhere.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_TERM_TREE_H
#define MXPOLICY_TERM_TREE_H

#include "term/term.h"

struct tree;

/* Never NULL. */
struct tree *tree_open(void);
void tree_close(struct tree *t);

/* Add a line below the last line of a smaller depth; depth 0 is a root.  It may
 * be at most one deeper than the line before. */
void tree_add(struct tree *t, int depth, enum term_style style, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

/* Print all lines on standard output: with tree lines and wrapped on a
 * terminal, elsewhere indented by two blanks for each depth and not wrapped. */
void tree_print(const struct tree *t, const struct term *p);

#endif
