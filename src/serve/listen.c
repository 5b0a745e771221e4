/* listen: the wait manner, a process that accepts and forks.
 * SPDX-License-Identifier: MIT */
#include "serve/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "serve/clock.h"
#include "serve/log.h"
#include "serve/notify.h"

#define LISTEN_FIRST 3	   /* SD_LISTEN_FDS_START */
#define LISTEN_PAUSE_MS 100 /* before trying again without descriptors */

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

	/* With StandardInput=socket it is the only one, and passed twice. */
	if (is_listening(STDIN_FILENO)) {
		sockets[n++] = STDIN_FILENO;
		return n;
	}
	for (int fd = LISTEN_FIRST; fd < LISTEN_FIRST + passed; fd++)
		if (is_listening(fd))
			sockets[n++] = fd;
	return n;
}

static size_t reap(size_t children)
{
	while (children > 0 && waitpid(-1, NULL, WNOHANG) > 0)
		children--;
	return children;
}

/* In the child: fd 0 and 1 are the connection, nothing else is left open. */
static bool become_child(const int *sockets, size_t n, int connection,
    int signals, const sigset_t *before)
{
	for (size_t i = 0; i < n; i++)
		if (sockets[i] > STDERR_FILENO)
			close(sockets[i]);
	close(signals);
	sigprocmask(SIG_SETMASK, before, NULL);
	if (dup2(connection, STDIN_FILENO) < 0 ||
	    dup2(connection, STDOUT_FILENO) < 0)
		return false;
	close(connection);
	return true;
}

/* Out of descriptors or memory: what there is goes on, try again soon. */
static void note_trouble(const char *what)
{
	struct reason why;

	reason_set(&why, "cannot %s: %s", what, strerror(errno));
	log_trouble(&why);
	poll(NULL, 0, LISTEN_PAUSE_MS);
}

struct listener {
	const int *sockets;
	size_t n, children;
	int signals; /* signalfd() of SIGCHLD */
	sigset_t before;
	bool failed;
};

/* true: this is the child. */
static bool accept_one(struct listener *l, int socket)
{
	int connection = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	if (connection < 0) {
		switch (errno) {
		case EBADF:
		case EINVAL:
		case ENOTSOCK:
		case EOPNOTSUPP:
			l->failed = true;
			note_trouble("accept");
			break;
		case EMFILE:
		case ENFILE:
		case ENOBUFS:
		case ENOMEM:
			note_trouble("accept");
			break;
		default:
			/* Gone before we came (ECONNABORTED, and what Linux
			 * passes on from the network, accept(2)). */
			break;
		}
		return false;
	}
	pid = fork();
	if (pid == 0) {
		if (!become_child(l->sockets, l->n, connection, l->signals,
			&l->before))
			_exit(EXIT_FAILURE);
		return true;
	}
	if (pid < 0)
		note_trouble("start a process");
	else
		l->children++;
	close(connection);
	return false;
}

static void tell_status(const struct listener *l)
{
	char text[64];

	snprintf(text, sizeof text, "STATUS=%zu connections", l->children);
	notify(text);
}

/* Wait for a connection or the end of a child.  true: this is a child. */
static bool serve_once(struct listener *l)
{
	struct pollfd p[LISTEN_SOCKETS_MAX + 1];
	struct signalfd_siginfo info;
	/* With all children busy connections wait in the backlog. */
	size_t n = l->children < LISTEN_CHILDREN_MAX ? l->n : 0;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){ .fd = l->sockets[i], .events = POLLIN };
	p[n] = (struct pollfd){ .fd = l->signals, .events = POLLIN };
	if (poll(p, n + 1, l->children > 0 ? -1 : LISTEN_IDLE_MS) <= 0)
		return false;
	if (p[n].revents != 0) {
		while (read(l->signals, &info, sizeof info) > 0)
			continue;
		l->children = reap(l->children);
	}
	for (size_t i = 0; i < n; i++)
		if (p[i].revents != 0 && accept_one(l, l->sockets[i]))
			return true;
	tell_status(l);
	return false;
}

enum listen_end listen_run(const int *sockets, size_t n)
{
	struct listener l = { .sockets = sockets, .n = n };
	sigset_t child;
	int64_t busy = clock_ms();

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &l.before);
	l.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (l.signals < 0) {
		note_trouble("watch children");
		return LISTEN_FAILED;
	}
	for (size_t i = 0; i < n; i++) {
		/* Another process may take what poll() saw. */
		fcntl(sockets[i], F_SETFL, O_NONBLOCK);
		if (sockets[i] > STDERR_FILENO)
			fcntl(sockets[i], F_SETFD, FD_CLOEXEC);
	}
	notify("READY=1");
	while (!l.failed) {
		if (serve_once(&l))
			return LISTEN_CHILD;
		if (l.children > 0)
			busy = clock_ms();
		/* The socket is the super-server's: who connects from here on
		 * finds it open and is served by our successor. */
		if (clock_ms() - busy >= LISTEN_IDLE_MS) {
			notify("STOPPING=1");
			return LISTEN_IDLE;
		}
	}
	return LISTEN_FAILED;
}
