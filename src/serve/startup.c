/* startup: correct what a process inherits from its parent.
 * SPDX-License-Identifier: MIT */
#include "serve/startup.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

/* open() returns the lowest free number. */
static void fill(int fd)
{
	if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
		exit(EX_OSERR);
}

bool startup_mute_stderr(void)
{
	int nowhere = socket(AF_UNIX, SOCK_DGRAM, 0);
	bool done;

	if (nowhere == STDERR_FILENO)
		return true;
	done = nowhere >= 0 && dup2(nowhere, STDERR_FILENO) >= 0;
	if (nowhere >= 0)
		close(nowhere);
	return done;
}

void startup_settle(void)
{
	sigset_t none;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	fill(STDIN_FILENO);
	fill(STDOUT_FILENO);
	if (fcntl(STDERR_FILENO, F_GETFD) < 0 && !startup_mute_stderr())
		exit(EX_OSERR);
}
