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
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "serve/log.h"
#include "serve/notify.h"

#define LISTEN_FIRST 3	    /* SD_LISTEN_FDS_START */
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
	pid_t parent; /* to be outlived by; 0: not (systemd's are passed) */
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
		if (!become_child(
			l->sockets, l->n, connection, l->signals, &l->before))
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

/* inetd may have left us a $NOTIFY_SOCKET that is its own. */
static void tell(const struct listener *l, const char *state)
{
	if (l->parent == 0)
		notify(state);
}

static void tell_status(const struct listener *l)
{
	char text[64];

	snprintf(text, sizeof text, "STATUS=%zu connections", l->children);
	tell(l, text);
}

/* Wait for a connection or the end of a child.  true: this is a child. */
static bool serve_once(struct listener *l)
{
	struct pollfd p[LISTEN_SOCKETS_MAX + 1];
	struct signalfd_siginfo info;
	/* With all children busy connections wait in the backlog. */
	size_t n = l->children < LISTEN_CHILDREN_MAX ? l->n : 0;
	int ready;

	for (size_t i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = l->sockets[i], .events = POLLIN};
	p[n] = (struct pollfd){.fd = l->signals, .events = POLLIN};
	ready = poll(p, n + 1, l->children > 0 ? -1 : LISTEN_IDLE_MS);
	/* Refused for want of memory, or beyond RLIMIT_NOFILE (poll(2)). */
	if (ready < 0 && errno != EINTR)
		note_trouble("wait for a connection");
	if (ready <= 0)
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

static bool is_orphan(const struct listener *l)
{
	return l->parent != 0 && getppid() != l->parent;
}

/* xinetd and inetd leave the processes of a "wait" service alone when they
 * end.  The signal wakes poll() up, which then looks who the parent is. */
static void follow_parent(struct listener *l)
{
	l->parent = getppid();
	prctl(PR_SET_PDEATHSIG, SIGCHLD);
	/* Theirs is 64 or 128, which a relay's smtp(8) processes fill. */
	listen(l->sockets[0], LISTEN_BACKLOG);
}

enum listen_end listen_run(const int *sockets, size_t n)
{
	struct listener l = {.sockets = sockets, .n = n};
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
	if (count_passed() == 0)
		follow_parent(&l);
	tell(&l, "READY=1");
	while (!l.failed) {
		if (serve_once(&l))
			return LISTEN_CHILD;
		if (is_orphan(&l))
			return LISTEN_ORPHAN;
		if (l.children > 0)
			busy = clock_ms();
		/* The socket is the super-server's: who connects from here on
		 * finds it open and is served by our successor. */
		if (clock_ms() - busy >= LISTEN_IDLE_MS) {
			tell(&l, "STOPPING=1");
			return LISTEN_IDLE;
		}
	}
	return LISTEN_FAILED;
}
