/* user: what a user of this system may do.
 * SPDX-License-Identifier: MIT */
#include "verb/check/user.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct check_user check_user(const char *name)
{
	const struct passwd *found = getpwnam(name);
	struct check_user u = {.name = name, .exists = found != NULL};

	if (u.exists) {
		u.uid = found->pw_uid;
		u.gid = found->pw_gid;
	}
	return u;
}

/* In a child, because there is no way back from another user. */
static bool try_as_user(const struct check_user *u, const char *path, int mode)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (initgroups(u->name, u->gid) != 0 || setgid(u->gid) != 0 ||
		    setuid(u->uid) != 0)
			_exit(2);
		_exit(access(path, mode) == 0 ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool check_may(const struct check_user *u, const char *path, int mode)
{
	struct stat st;
	mode_t bits;

	if (u->exists && u->uid == geteuid())
		return access(path, mode) == 0;
	if (u->exists && geteuid() == 0)
		return try_as_user(u, path, mode);
	if (stat(path, &st) != 0)
		return false;
	bits = st.st_mode;
	if (u->exists && st.st_uid == u->uid)
		bits >>= 6;
	else if (u->exists && st.st_gid == u->gid)
		bits >>= 3;
	return (bits & (mode_t)mode) == (mode_t)mode;
}
