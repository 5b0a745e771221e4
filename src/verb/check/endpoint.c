/* endpoint: the sockets that Postfix asks, or that systemd listens on.
 * SPDX-License-Identifier: MIT */
#include "verb/check/endpoint.h"

#include <string.h>

static bool same_address(
    const struct maincf_table *a, const struct maincf_table *b)
{
	return a->kind == b->kind && strcmp(a->host, b->host) == 0 &&
	       strcmp(a->port, b->port) == 0 && strcmp(a->path, b->path) == 0;
}

bool endpoint_has_address(
    const struct endpoints *e, const struct maincf_table *t)
{
	for (size_t i = 0; i < e->n; i++)
		if (same_address(&e->at[i].table, t))
			return true;
	return false;
}

const struct endpoint *endpoint_find(
    const struct endpoints *e, const struct maincf_table *t)
{
	for (size_t i = 0; i < e->n; i++)
		if (same_address(&e->at[i].table, t) &&
		    strcmp(e->at[i].table.map, t->map) == 0)
			return &e->at[i];
	return NULL;
}

void endpoint_add(struct endpoints *e, const struct maincf_table *t)
{
	if (e->n < ENDPOINTS_MAX && endpoint_find(e, t) == NULL)
		e->at[e->n++].table = *t;
}

bool endpoint_is_ours(const struct endpoints *e, const struct maincf_table *t)
{
	const struct endpoint *found = endpoint_find(e, t);

	return found != NULL && (found->result == CHECKSOCKET_OURS ||
				    found->result == CHECKSOCKET_NO_MAP);
}
