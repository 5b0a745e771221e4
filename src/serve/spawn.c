/* spawn: a child that is `resolve`.
 * SPDX-License-Identifier: MIT */
#include "serve/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>
#include "serve/log.h"

#define SPAWN_PROGRAM "resolve"
#define SPAWN_ARGS_MAX 64

/* Beside our own program (in libexec, and in a build tree), else where it was
 * installed (for bin/mxpolicy). */
static void find_program(char path[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		if (snprintf(path, PATH_MAX, "%s/" SPAWN_PROGRAM,
			dirname(self)) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return;
	}
	snprintf(path, PATH_MAX, "%s/" SPAWN_PROGRAM, PKGLIBEXECDIR);
}

static void become(const char *path, char *const *args, int in, int out)
{
	char *argv[SPAWN_ARGS_MAX + 2];
	sigset_t none;
	size_t n = 0;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	argv[n++] = (char *)(uintptr_t)path;
	for (; args != NULL && *args != NULL && n <= SPAWN_ARGS_MAX; args++)
		argv[n++] = *args;
	argv[n] = NULL;
	/* Nobody is left to answer when we are killed. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Where standard error is the client's socket, a word from resolve
	 * would reach Postfix. */
	if (!log_to_stderr()) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		if (null < 0 || dup2(null, STDERR_FILENO) < 0)
			_exit(EX_OSERR);
	}
	if (out < 0)
		out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	/* What our starter left open is not for a process that parses
	 * strangers' bytes; before Linux 5.9 it stays. */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
		(void)close_range(STDERR_FILENO + 1, ~0U, 0);
		execv(path, argv);
	}
	_exit(EX_UNAVAILABLE);
}

pid_t spawn_resolve(char *const *args, int in, int out, struct reason *why)
{
	char path[PATH_MAX];
	pid_t pid;

	find_program(path);
	pid = fork();
	if (pid == 0)
		become(path, args, in, out);
	if (pid < 0)
		reason_fail_errno(
		    why, CAUSE_RESOLVE_START, errno, "cannot start %s", path);
	return pid;
}
