/* cache: what the verbs of the cache share.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CACHE_CACHE_H
#define MXPOLICY_VERB_CACHE_CACHE_H

#include "cache/store.h"
#include "verb/cache/record_status.h"
#include "verb/verb.h"

enum cache_use {
	CACHE_READ,  /* changes nothing, needs no right to write */
	CACHE_WRITE, /* as root: becomes the cache's owner for good */
};

/* Open the cache of the settings.  NULL: a complaint that says what is wrong
 * and what helps is printed; run() shall return *code. */
struct store *cache_open(struct verb_context *v, const struct verb *verb,
    enum cache_use use, int *code);

/* The cache cannot be used after all (STORE_BROKEN): a complaint.  Returns the
 * exit code. */
int cache_trouble(
    struct verb_context *v, const struct verb *verb, const struct store *s);

/* Walk all sound records, with a bar on a terminal's standard error.  r is
 * valid during the call.  Damaged records are counted.  false: a complaint is
 * printed, run() shall return *code. */
struct cache_walk {
	void (*visit)(
	    const char *key, const struct record *r, size_t len, void *arg);
	/* Called now and then while nobody waits for us; or NULL. */
	void (*pause)(void *arg);
	void *arg;
	uint32_t damaged;
};
bool cache_walk(struct verb_context *v, const struct verb *verb,
    struct store *s, struct cache_walk *w, int *code);

/* The key of the cache for a next hop as a person writes it (U-labels, ports
 * by name).  false: a complaint is printed, *code is its exit code. */
bool cache_key(struct verb_context *v, const struct verb *verb,
    const char *name, char key[static DOMAIN_KEY_MAX + 1], int *code);

/* The map of --map, whose absence is a complaint; NULL for none. */
const struct config_map *cache_map(
    struct verb_context *v, const struct verb *verb, const char *name);

/* The map that is meant without --map: QUERY, which is always there. */
const struct config_map *cache_default_map(const struct verb_context *v);

/* "served" colours its verdict. */
enum term_style cache_style(enum verdict v);

#endif
