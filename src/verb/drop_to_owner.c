/* drop_to_owner: keep root from leaving files that the service cannot open.
 * SPDX-License-Identifier: MIT */
#include "verb/drop_to_owner.h"

#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whose directory it is, he can put anything in the place of the files in it:
 * a link of his says nothing of who owns the cache. */
static bool owner_of(const char *cache, struct stat *st)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof copy, "%s", cache) >= (int)sizeof copy)
		return false;
	if (stat(dirname(copy), st) == 0 && st->st_uid != 0)
		return true;
	return lstat(cache, st) == 0 && S_ISREG(st->st_mode);
}

bool drop_to_owner(const char *cache)
{
	struct stat st;

	if (geteuid() != 0 || cache[0] == '\0')
		return true;
	if (!owner_of(cache, &st))
		return true; /* nothing can be created there either */
	if (st.st_uid == 0)
		return true;
	return setgroups(1, &st.st_gid) == 0 && setgid(st.st_gid) == 0 &&
	       setuid(st.st_uid) == 0;
}
