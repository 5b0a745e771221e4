/* json: the result of explain as an object.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_EXPLAIN_JSON_H
#define MXPOLICY_VERB_EXPLAIN_JSON_H

#include "verb/trace.h"

/* Print the object "explain-1" of mxpolicy-json(5), of the last lookup. */
void explain_json(
    const struct trace *c, const struct config *config, const char *next_hop);

#endif
