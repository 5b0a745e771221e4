/* certificate: a certificate of a server, for a person and as JSON.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CERTIFICATE_H
#define MXPOLICY_VERB_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include "term/tree.h"
#include "verb/json.h"
#include "x509/describe.h"

/* A line of the tree, coloured when its dates are wrong or it expires soon;
 * for the server's own (place 0) its names below.  dates_count: false where
 * the dates do not matter (DANE-EE), which is said. */
void certificate_tree(struct tree *t, int depth, const struct description *d,
    size_t place, bool dates_count);

/* Members subject, issuer, names, begins, expires of the object. */
void certificate_json(json_t *o, const struct description *d);

#endif
