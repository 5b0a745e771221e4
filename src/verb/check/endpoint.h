/* endpoint: the sockets that Postfix asks, or that systemd listens on.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_ENDPOINT_H
#define MXPOLICY_VERB_CHECK_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include "verb/check/maincf.h"
#include "verb/check/socket.h"

#define ENDPOINTS_MAX 16

struct endpoint {
	struct maincf_table table; /* a unix path is absolute here */
	enum checksocket result;
};

struct endpoints {
	struct endpoint at[ENDPOINTS_MAX];
	size_t n;
};

/* Add the address and map of a table, unless it is there or the list is
 * full. */
void endpoint_add(struct endpoints *e, const struct maincf_table *t);

/* The one with this address and map, or NULL. */
const struct endpoint *endpoint_find(
    const struct endpoints *e, const struct maincf_table *t);

/* Is there one of this address, whatever its map? */
bool endpoint_has_address(
    const struct endpoints *e, const struct maincf_table *t);

/* Does mxpolicy answer at the address of this table? */
bool endpoint_is_ours(const struct endpoints *e, const struct maincf_table *t);

#endif
