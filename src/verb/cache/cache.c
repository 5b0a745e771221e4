/* cache: what the verbs of the cache share.
 * SPDX-License-Identifier: MIT */
#include "verb/cache/cache.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "serve/convert.h"
#include "term/progress.h"
#include "verb/drop_to_owner.h"

static int complain(
    const struct verb *verb, const char *path, int err, enum cache_use use)
{
	struct stat st;
	const struct passwd *owner;

	if (err == ENOENT)
		return verb_fail(verb, VERB_UNAVAILABLE,
		    _("the cache %s does not exist yet: nothing has been "
		      "looked up"),
		    path);
	if (err != EACCES && err != EPERM && err != EROFS)
		return verb_fail(
		    verb, VERB_UNAVAILABLE, "%s: %s", path, strerror(err));
	if (err == EROFS)
		return verb_fail(verb, VERB_NOPERM,
		    _("%s is on a read-only file system"), path);
	owner = stat(path, &st) == 0 ? getpwuid(st.st_uid) : NULL;
	if (use == CACHE_READ)
		return verb_fail(verb, VERB_NOPERM,
		    _("%s can be read only by root, its owner (%s) and its "
		      "group"),
		    path, owner != NULL ? owner->pw_name : SERVICE_USER);
	return verb_fail(verb, VERB_NOPERM,
	    _("%s can be changed only by root and its owner (%s)"), path,
	    owner != NULL ? owner->pw_name : SERVICE_USER);
}

struct store *cache_open(struct verb_context *v, const struct verb *verb,
    enum cache_use use, int *code)
{
	const char *path = v->config.cache;
	uint32_t entries = v->config.cache_max_entries;
	struct store *s;
	uint64_t file, index;

	if (path[0] == '\0') {
		*code = verb_fail(verb, VERB_UNAVAILABLE,
		    _("no cache is configured (\"cache =\" is empty)"));
		return NULL;
	}
	if (use == CACHE_WRITE && !drop_to_owner(path)) {
		*code = complain(verb, path, errno, use);
		return NULL;
	}
	/* As a reader first: a writer would move a damaged file aside. */
	if (access(path, use == CACHE_WRITE ? R_OK | W_OK : R_OK) != 0) {
		*code = complain(verb, path, errno, use);
		return NULL;
	}
	s = store_open_read(path, entries);
	if (store_size(s, &file, &index) && use == CACHE_WRITE) {
		store_close(s);
		s = store_open(path, entries);
	}
	if (store_size(s, &file, &index))
		return s;
	*code = cache_trouble(v, verb, s);
	store_close(s);
	return NULL;
}

int cache_trouble(
    struct verb_context *v, const struct verb *verb, const struct store *s)
{
	const char *why = store_trouble(s)->text;

	/* Not damaged, but busy. */
	if (store_trouble(s)->cause == CAUSE_DEADLINE)
		return verb_fail(verb, VERB_TEMP, "%s", why);
	return verb_fail(verb, VERB_UNAVAILABLE,
	    _("%s; prefetch repairs a damaged cache: systemctl start "
	      "mxpolicy-prefetch.service"),
	    why[0] != '\0' ? why : v->config.cache);
}

static bool visit_one(const char *key, const void *data, size_t len, void *arg)
{
	struct cache_walk *w = arg;
	struct record r;

	if (record_parse(&r, key, data, len))
		w->visit(key, &r, len, w->arg);
	else
		w->damaged++;
	return true;
}

bool cache_walk(struct verb_context *v, const struct verb *verb,
    struct store *s, struct cache_walk *w, int *code)
{
	struct store_part part = {0};
	struct progress *bar = NULL;
	enum store_result result;

	do {
		result = store_walk_part(s, &part, visit_one, w);
		if (w->pause != NULL)
			w->pause(w->arg);
		if (bar == NULL)
			bar = progress_open(part.of);
		progress_set(bar, part.at);
	} while (result == STORE_FOUND);
	progress_close(bar);
	if (result == STORE_MISS)
		return true;
	*code = cache_trouble(v, verb, s);
	return false;
}

bool cache_key(struct verb_context *v, const struct verb *verb,
    const char *name, char key[static DOMAIN_KEY_MAX + 1], int *code)
{
	int64_t deadline =
	    clock_ms() + (int64_t)v->config.answer_timeout * 1000;
	static struct domain d;
	struct reason why;

	domain_parse(&d, name, strlen(name));
	if (!convert_domain(&d, &v->config, v->options, deadline, &why)) {
		*code = verb_fail(verb, VERB_TEMP, "%s: %s", name, why.text);
		return false;
	}
	if (d.kind == DOMAIN_REFUSED) {
		*code = verb_fail(verb, VERB_NOTFOUND,
		    _("%s is neither a domain nor [host]: nothing is ever "
		      "looked up for it"),
		    name);
		return false;
	}
	domain_format_key(&d, key);
	return true;
}

const struct config_map *cache_map(
    struct verb_context *v, const struct verb *verb, const char *name)
{
	const struct config_map *map =
	    config_map(&v->config, name, strlen(name));

	if (map == NULL)
		verb_usage(verb, _("there is no map %s"), name);
	return map;
}

const struct config_map *cache_default_map(const struct verb_context *v)
{
	return config_map(&v->config, "QUERY", strlen("QUERY"));
}

enum term_style cache_style(enum verdict v)
{
	switch (v) {
	case VERDICT_DANE_ONLY:
	case VERDICT_DANE:
	case VERDICT_SECURE:
		return TERM_GOOD;
	case VERDICT_NOTFOUND:
		return TERM_PLAIN;
	case VERDICT_TEMP:
		return TERM_BAD;
	case VERDICT_PENDING:
		return TERM_FAINT;
	}
	return TERM_PLAIN;
}
