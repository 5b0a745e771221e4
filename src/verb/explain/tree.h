/* tree: the result of explain, for a person.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_EXPLAIN_TREE_H
#define MXPOLICY_VERB_EXPLAIN_TREE_H

#include "verb/trace.h"

/* Print the last lookup as a tree. */
void explain_tree(const struct trace *c, const struct config *config,
    const struct term *term, const char *next_hop);

#endif
