/* echo: the floors: what accepting and answering costs that does nothing else.
 * SPDX-License-Identifier: MIT
 * usage: echo one|fork|many PORT [PROCESSES]
 *
 * "one" process accepts, echoes what it reads until the client closes, and
 * accepts again; with "fork" a child does it for each connection; "many" have
 * so many of "one" wait on the same socket.  Until it is killed. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void echo(int fd)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0)
		if (write(fd, buf, (size_t)n) != n)
			break;
	close(fd);
}

static void serve(int listener, int forks)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (!forks) {
			echo(fd);
			continue;
		}
		if (fork() == 0) {
			close(listener);
			echo(fd);
			_exit(0);
		}
		close(fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	int many = argc > 3 ? atoi(argv[3]) : 1;

	if (argc < 3)
		return 64;
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	at.sin_port = htons((unsigned short)atoi(argv[2]));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(listener, 4096) != 0)
		return 71;
	for (int i = 1; strcmp(argv[1], "many") == 0 && i < many; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			break;
		}
	serve(listener, strcmp(argv[1], "fork") == 0);
}
