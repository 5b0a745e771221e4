/* listen: the sockets that this process was started with.
 * SPDX-License-Identifier: MIT */
#include "serve/listen.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTEN_FIRST 3 /* SD_LISTEN_FDS_START */

static bool is_listening(int fd)
{
	int yes = 0;
	socklen_t len = sizeof yes;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == 0 &&
	       yes != 0;
}

/* libsystemd would cost socketmap half a millisecond of start. */
static int count_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	long count;

	if (pid == NULL || n == NULL || strtol(pid, NULL, 10) != getpid())
		return 0;
	count = strtol(n, NULL, 10);
	return count < 0 || count > LISTEN_SOCKETS_MAX ? 0 : (int)count;
}

size_t listen_sockets(int sockets[static LISTEN_SOCKETS_MAX])
{
	int passed = count_passed();
	size_t n = 0;

	/* With StandardInput=socket it is the only one, and passed twice: a
	 * second descriptor would stay open in each child. */
	if (is_listening(STDIN_FILENO)) {
		for (int fd = LISTEN_FIRST; fd < LISTEN_FIRST + passed; fd++)
			close(fd);
		sockets[n++] = STDIN_FILENO;
		return n;
	}
	for (int fd = LISTEN_FIRST; fd < LISTEN_FIRST + passed; fd++)
		if (is_listening(fd))
			sockets[n++] = fd;
	return n;
}

bool listen_were_passed(void)
{
	return count_passed() > 0;
}

bool listen_move(int *sockets, size_t n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (size_t i = 0; i < n; i++)
		if (sockets[i] <= STDERR_FILENO) {
			sockets[i] = fcntl(
			    sockets[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
			if (sockets[i] < 0)
				return false;
		}
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return false;
	close(null);
	return true;
}

void listen_share(const int *sockets, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fcntl(sockets[i], F_SETFL, O_NONBLOCK);
		if (sockets[i] > STDERR_FILENO)
			fcntl(sockets[i], F_SETFD, FD_CLOEXEC);
	}
}

void listen_end(const int *sockets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		shutdown(sockets[i], SHUT_RDWR);
}
