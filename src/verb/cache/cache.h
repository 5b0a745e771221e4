/* cache: what the verbs of the cache share.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CACHE_CACHE_H
#define MXPOLICY_VERB_CACHE_CACHE_H

#include "cache/store.h"
#include "verb/cache/record_status.h"
#include "verb/verb.h"

enum cache_use {
	CACHE_READ,  /* needs no permission to write */
	CACHE_WRITE, /* root permanently becomes the cache's owner */
};

/* Open the cache of the settings.  NULL: what is wrong and how to correct it
 * has been printed; run() shall return *code. */
struct store *cache_open(struct verb_context *v, const struct verb *verb,
    enum cache_use use, int *code);

/* Complain that the cache turned out to be unusable (STORE_BROKEN).  Returns
 * the exit code. */
int cache_trouble(
    struct verb_context *v, const struct verb *verb, const struct store *s);

/* Walk all intact records, with a progress bar on standard error if that is a
 * terminal.  r is valid during the call.  Damaged records are counted.  false:
 * a complaint has been printed, run() shall return *code. */
struct cache_walk {
	void (*visit)(
	    const char *key, const struct record *r, size_t len, void *arg);
	/* Called now and then while no lock is held; or NULL. */
	void (*pause)(void *arg);
	void *arg;
	uint32_t damaged;
};
bool cache_walk(struct verb_context *v, const struct verb *verb,
    struct store *s, struct cache_walk *w, int *code);

/* The cache key of a next hop as a person writes it (U-labels, service names).
 * false: a complaint has been printed, *code is its exit code. */
bool cache_key(struct verb_context *v, const struct verb *verb,
    const char *name, char key[static DOMAIN_KEY_MAX + 1], int *code);

/* The map that --map names.  NULL: there is none, a complaint has been
 * printed. */
const struct config_map *cache_map(
    struct verb_context *v, const struct verb *verb, const char *name);

/* The map without --map: QUERY, which always exists. */
const struct config_map *cache_default_map(const struct verb_context *v);

/* The style of a verdict that is served. */
enum term_style cache_style(enum verdict v);

#endif
