/* tree: the result of verify, for a person.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_TREE_H
#define MXPOLICY_VERB_VERIFY_TREE_H

#include "verb/verify/state.h"

/* Print the result for a next hop as a tree. */
void verify_tree(const struct verify *v, const char *next_hop);

/* The same in one line, fields with tabs between them. */
void verify_brief(const struct verify *v, const char *next_hop);

#endif
