/* repack: return the space of dropped records to the file system.
 * SPDX-License-Identifier: MIT */
#include <getopt.h>
#include "term/size.h"
#include "verb/cache/cache.h"
#include "verb/json.h"

static void print_sizes(
    const struct verb_context *v, uint64_t before, uint64_t after)
{
	char was[SIZE_TEXT_MAX], is[SIZE_TEXT_MAX];

	if (v->json) {
		json_t *o = json_open("cache-repack-1");

		json_text(o, "cache", v->config.cache);
		json_number(o, "bytes_before", (int64_t)before);
		json_number(o, "bytes_after", (int64_t)after);
		json_print(o);
		return;
	}
	printf(_("%s: %s before, %s after\n"), v->config.cache,
	    size_text(before, was), size_text(after, is));
}

static int repack_run(struct verb_context *v, int argc, char **argv)
{
	const struct verb *verb = &verb_cache_repack;
	uint64_t before, after, index;
	int opt, code = VERB_OK;
	const char *value;
	struct store *s;

	/* There are no options but the common ones. */
	opt = verb_option(v, verb, argc, argv, &value);
	if (opt < 0)
		return -opt - 1;
	s = cache_open(v, verb, CACHE_WRITE, &code);
	if (s == NULL)
		return code;
	if (store_size(s, &before, &index) && store_repack(s) == STORE_OK &&
	    store_size(s, &after, &index))
		print_sizes(v, before, after);
	else
		code = cache_trouble(v, verb, s);
	store_close(s);
	return code;
}

const struct verb verb_cache_repack = {
    .name = "cache repack",
    .arguments = "",
    .summary = N_("return the space of dropped records to the disk"),
    .run = repack_run,
};
