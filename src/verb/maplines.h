/* maplines: what each map answers, in as few lines as say it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_MAPLINES_H
#define MXPOLICY_VERB_MAPLINES_H

#include "serve/config.h"
#include "term/tree.h"

struct mapline {
	const struct config_map *map;
	enum term_style style;
	char *text; /* what the map answers */
};

/* Add "MAP, MAP: text" at this depth for each text, in the order of its first
 * map; n is at most CONFIG_MAPS_MAX. */
void maplines_add(
    struct tree *t, int depth, const struct mapline *line, size_t n);

#endif
