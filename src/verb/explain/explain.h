/* explain: what explain prints, in its two forms.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_EXPLAIN_EXPLAIN_H
#define MXPOLICY_VERB_EXPLAIN_EXPLAIN_H

#include "verb/trace.h"

/* The object "explain-1" of mxpolicy(1), of the chain's last lookup. */
void explain_json(
    const struct trace *c, const struct config *config, const char *next_hop);

#endif
