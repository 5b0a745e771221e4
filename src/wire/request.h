/* request: what Postfix asks, "<map> <key>" (dict_sockmap.c).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_REQUEST_H
#define MXPOLICY_WIRE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#define REQUEST_MAX 10000  /* Postfix: socketmap_max_query_size */
#define REQUEST_MAP_MAX 64 /* our limit for the name of a map */

/* The map by which `mxpolicy check` recognizes mxpolicy: a key that names a map
 * gets the first reply, any other key the second; no other server sends them.
 * Settings cannot define such a map. */
#define REQUEST_SELF_MAP "mxpolicy-check"
#define REQUEST_SELF_REPLY "OK mxpolicy"
#define REQUEST_SELF_NO_MAP "NOTFOUND mxpolicy"

struct request {
	const char *map, *key; /* into the payload, not NUL-terminated */
	size_t map_len, key_len;
};

/* Split a payload at its first blank.  false: it is not a request, because it
 * has no blank, an empty or over-long map name, or a NUL (to Postfix the text
 * would end there). */
bool request_parse(struct request *r, const char *payload, size_t len)
    __attribute__((warn_unused_result));

/* Is it for this map? */
bool request_is_for(const struct request *r, const char *map);

#endif
