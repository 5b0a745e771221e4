/* user: what a user of this system may do.
 * SPDX-License-Identifier: MIT */
#include "verb/check/user.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UID_MIN 1000
#define UID_NOBODY 65534

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

static bool is_person(const struct passwd *p)
{
	const char *slash = strrchr(p->pw_shell, '/');
	const char *shell = slash != NULL ? slash + 1 : p->pw_shell;

	/* An empty one is /bin/sh (passwd(5)); 65534 is nobody. */
	return p->pw_uid >= UID_MIN && p->pw_uid != UID_NOBODY &&
	       strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

bool check_people(char names[static CHECK_PEOPLE_MAX])
{
	char first[CHECK_PEOPLE_MAX / 2] = "";
	const struct passwd *p;
	bool found = false;

	setpwent();
	while (!found && (p = getpwent()) != NULL) {
		if (!is_person(p) || strcmp(p->pw_name, first) == 0)
			continue;
		if (first[0] != '\0') {
			snprintf(names, CHECK_PEOPLE_MAX, "%s, %.*s", first,
			    (int)sizeof first - 4, p->pw_name);
			found = true;
		}
		snprintf(first, sizeof first, "%s", p->pw_name);
	}
	endpwent();
	return found;
}
