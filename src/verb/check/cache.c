/* cache: the cache, as the user that serves needs it.
 * SPDX-License-Identifier: MIT */
#include "verb/check/cache.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cache/store.h"
#include "count/counters.h"
#include "term/size.h"

static void directory_of(const char *path, char dir[static CONFIG_PATH_MAX])
{
	char *slash;

	check_put(dir, CONFIG_PATH_MAX, "%s", path);
	slash = strrchr(dir, '/');
	if (slash == dir)
		slash++;
	*slash = '\0';
}

/* The commands that create it as units/mxpolicy.tmpfiles would.  "" for one
 * that is there and may be of use to others. */
static void fix_owner(
    const struct setup *c, const char *dir, char fix[static CHECK_FIX_MAX])
{
	const char *name = strrchr(dir, '/');

	fix[0] = '\0';
	if (access(dir, F_OK) == 0 &&
	    (name == NULL || strcmp(name, "/mxpolicy") != 0))
		return;
	check_put(fix, CHECK_FIX_MAX,
	    "install -d -o %s -g %s -m 0750 %s\nchown -R %s: %s", c->user.name,
	    c->user.name, dir, c->user.name, dir);
}

static bool check_directory(struct setup *c, const char *dir)
{
	char fix[CHECK_FIX_MAX];
	struct stat st;

	fix_owner(c, dir, fix);
	if (stat(dir, &st) != 0 && errno == EACCES) {
		check_tell(&c->report, CHECK_SKIPPED, "cache-directory", NULL,
		    _("you may not read %s: run this as root"), dir);
		return false;
	}
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) {
		check_tell(&c->report, CHECK_BAD, "cache-directory", fix,
		    _("the cache directory %s does not exist: every query is "
		      "looked up again, and a policy that cannot be fetched is "
		      "not enforced"),
		    dir);
		return false;
	}
	if (!check_may(&c->user, dir, R_OK | W_OK | X_OK)) {
		check_tell(&c->report, CHECK_BAD, "cache-directory", fix,
		    _("the cache directory %s is not writable by the user %s"),
		    dir, c->user.name);
		return false;
	}
	if ((st.st_mode & S_IWOTH) != 0 ||
	    ((st.st_mode & S_IWGRP) != 0 && c->user.exists &&
		st.st_gid != c->user.gid)) {
		check_tell(&c->report, CHECK_BAD, "cache-directory", fix,
		    _("the cache directory %s is writable by others than the "
		      "user %s: they can remove policies or add their own"),
		    dir, c->user.name);
		return true;
	}
	check_tell(&c->report, CHECK_GOOD, "cache-directory", NULL,
	    _("the user %s may write to %s"), c->user.name, dir);
	return true;
}

/* The cache and the files beside it: those that another user created, such as
 * root, are useless to the user that serves. */
static void check_files(struct setup *c, const char *path)
{
	static const char *const suffixes[] = {
	    "", ".lock", ".journal", ".journal.old", COUNTERS_SUFFIX};
	char name[CONFIG_PATH_MAX + 16], fix[CHECK_FIX_MAX];

	check_put(fix, sizeof fix, "chown %s: %s*", c->user.name, path);
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		check_put(name, sizeof name, "%s%s", path, suffixes[i]);
		if (access(name, F_OK) != 0 ||
		    check_may(&c->user, name, R_OK | W_OK))
			continue;
		check_tell(&c->report, CHECK_BAD, "cache-file", fix,
		    _("%s is not writable by the user %s (was a program run as "
		      "another user?)"),
		    name, c->user.name);
		return;
	}
	check_tell(&c->report, CHECK_GOOD, "cache-file", NULL,
	    _("the user %s may write to %s"), c->user.name, path);
}

static void check_sound(struct setup *c, const char *path)
{
	struct store *s = store_open_read(path, c->v->config.cache_max_entries);
	char size[SIZE_TEXT_MAX];
	uint64_t file, index;

	if (access(path, R_OK) != 0)
		check_tell(&c->report, CHECK_SKIPPED, "cache-sound", NULL,
		    _("you may not read %s: run this as root"), path);
	else if (!store_is_sound(s) || !store_size(s, &file, &index))
		check_tell(&c->report, CHECK_BAD, "cache-sound",
		    c->systemd ? "systemctl start mxpolicy-prefetch.service"
			       : PKGLIBEXECDIR "/prefetch",
		    _("%s is damaged; prefetch repairs it"), path);
	else
		check_tell(&c->report, CHECK_GOOD, "cache-sound", NULL,
		    _("%s is intact (%s)"), path, size_text(file, size));
	store_close(s);
}

void check_cache(struct setup *c)
{
	const char *path = c->v->config.cache;
	char dir[CONFIG_PATH_MAX], fix[CHECK_FIX_MAX];

	check_group(&c->report, "cache", _("Cache"));
	if (!c->user.exists) {
		check_put(fix, sizeof fix,
		    c->systemd ? "systemd-sysusers && systemd-tmpfiles --create"
			       : "useradd --system --home-dir / --shell "
				 "/usr/sbin/nologin %s",
		    c->user.name);
		check_tell(&c->report, CHECK_BAD, "user", fix,
		    _("the user %s, which mxpolicy runs as, does not exist "
		      "(--user names another)"),
		    c->user.name);
	}
	if (path[0] == '\0') {
		check_tell(&c->report, CHECK_WARNING, "cache-directory", NULL,
		    _("no cache is configured (\"cache =\" is empty): every "
		      "query is looked up again, and a policy that cannot be "
		      "fetched is not enforced"));
		return;
	}
	directory_of(path, dir);
	if (!check_directory(c, dir))
		return;
	if (access(path, F_OK) != 0) {
		check_tell(&c->report, CHECK_GOOD, "cache-file", NULL,
		    _("the first query will create %s"), path);
		return;
	}
	check_files(c, path);
	check_sound(c, path);
}
