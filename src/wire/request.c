/* request: what Postfix asks, "<map> <key>" (dict_sockmap.c).
 * SPDX-License-Identifier: MIT */
#include "wire/request.h"

#include <string.h>

bool request_parse(struct request *r, const char *payload, size_t len)
{
	const char *blank;
	size_t map_len;

	if (len == 0 || memchr(payload, '\0', len) != NULL)
		return false;
	blank = memchr(payload, ' ', len);
	if (blank == NULL)
		return false;
	map_len = (size_t)(blank - payload);
	if (map_len == 0 || map_len > REQUEST_MAP_MAX)
		return false;
	r->map = payload;
	r->map_len = map_len;
	r->key = blank + 1;
	r->key_len = len - map_len - 1;
	return true;
}

bool request_is_for(const struct request *r, const char *map)
{
	return r->map_len == strlen(map) &&
	       memcmp(r->map, map, r->map_len) == 0;
}
