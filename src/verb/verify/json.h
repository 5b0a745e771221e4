/* json: the result of verify as an object.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_JSON_H
#define MXPOLICY_VERB_VERIFY_JSON_H

#include "verb/verify/state.h"

/* Print the object "verify-1" of mxpolicy-json(5). */
void verify_json(const struct verify *v, const char *next_hop);

#endif
