/* certificate: a server certificate, for a person and as JSON.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CERTIFICATE_H
#define MXPOLICY_VERB_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include "term/tree.h"
#include "verb/json.h"
#include "x509/describe.h"

/* Add a line to the tree, coloured if the certificate is not valid now or
 * expires soon; below it, for the server's own (place 0), its names.
 * dates_count: false if its dates do not matter (DANE-EE), which is printed. */
void certificate_tree(struct tree *t, int depth, const struct description *d,
    size_t place, bool dates_count);

/* Set the members subject, issuer, names, begins and expires of an object. */
void certificate_json(json_t *o, const struct description *d);

#endif
