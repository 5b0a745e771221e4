/* drop_to_owner: keep root from leaving files that the service cannot open.
 * SPDX-License-Identifier: MIT */
#include "verb/drop_to_owner.h"

#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

bool drop_to_owner(const char *cache)
{
	char copy[PATH_MAX];
	struct stat st;

	if (geteuid() != 0 || cache[0] == '\0')
		return true;
	snprintf(copy, sizeof copy, "%s", cache);
	if (stat(cache, &st) != 0 && stat(dirname(copy), &st) != 0)
		return true; /* nothing can be created there either */
	if (st.st_uid == 0)
		return true;
	return setgroups(1, &st.st_gid) == 0 && setgid(st.st_gid) == 0 &&
	       setuid(st.st_uid) == 0;
}
