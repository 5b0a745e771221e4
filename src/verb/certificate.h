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
 * dates_count: false if its dates do not matter (DANE-EE), which is printed.
 * days: as for certificate_is_old(). */
void certificate_tree(struct tree *t, int depth, const struct description *d,
    size_t place, bool dates_count, long days);

/* Does it expire within so many days; with 0, is less than a third of its
 * lifetime left?  Those who renew in time have done so by then, whether it
 * lives for six days or for a year. */
bool certificate_is_old(const struct description *d, int64_t now, long days);

/* Set the members subject, issuer, names, begins and expires of an object. */
void certificate_json(json_t *o, const struct description *d);

#endif
