/* recordjson: the branches of a record, for --json.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_RECORDJSON_H
#define MXPOLICY_VERB_RECORDJSON_H

#include "cache/record.h"
#include "verb/json.h"

/* Set the members "dane" and "mta_sts" of an object; those of the policy
 * only while it has not expired at now. */
void recordjson_add(json_t *object, const struct record *r, int64_t now);

#endif
