/* maplines: what each map answers, in as few lines as say it.
 * SPDX-License-Identifier: MIT */
#include "verb/maplines.h"

#include <stdio.h>
#include <string.h>

static bool is_same(const struct mapline *line, size_t i, size_t j)
{
	return strcmp(line[i].text, line[j].text) == 0;
}

void maplines_add(
    struct tree *t, int depth, const struct mapline *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char names[CONFIG_MAPS_MAX * (REQUEST_MAP_MAX + 2)];
		size_t first = 0, used = 0;

		while (!is_same(line, first, i))
			first++;
		if (first < i)
			continue;
		for (size_t j = i; j < n; j++)
			if (is_same(line, i, j))
				used += (size_t)snprintf(names + used,
				    sizeof names - used, "%s%s",
				    j > i ? ", " : "", line[j].map->name);
		tree_add(
		    t, depth, line[i].style, "%s: %s", names, line[i].text);
	}
}
