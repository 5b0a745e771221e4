/* link: the connection to `resolve`, and the talk over it.
 * SPDX-License-Identifier: MIT */
#include "serve/link.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "serve/spawn.h"
#include "wire/netstring.h"

#define LINK_INPUT_MAX (FINDING_MAX + NETSTRING_OVERHEAD)

struct link {
	const char *socket;
	char *const *args;
	int fd;		   /* -1: down */
	pid_t pid;	   /* of a child; 0: none */
	size_t queued;	   /* bytes of out */
	size_t got, taken; /* bytes of in; of these, handed out already */
	char *out, *in;	   /* allocated for questions, see link_rest() */
};

/* The socket that our parent stands by. */
static struct {
	int fd; /* in the parent */
	struct sockaddr_un name;
	socklen_t len; /* 0: there is none */
} shared = {.fd = -1};

struct link *link_open(const char *socket, char *const *args)
{
	struct link *l = xcalloc(1, sizeof *l);

	l->socket = socket;
	l->args = args;
	l->fd = -1;
	return l;
}

static void hang_up(struct link *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->queued = l->got = l->taken = 0;
}

/* End of output is not end of process: it is killed first, for it has nothing
 * more to say. */
static int end_child(struct link *l)
{
	int status = 0;

	kill(l->pid, SIGKILL);
	while (waitpid(l->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	l->pid = 0;
	return status;
}

void link_cut(struct link *l)
{
	hang_up(l);
	if (l->pid != 0)
		(void)end_child(l);
}

void link_close(struct link *l)
{
	if (l == NULL)
		return;
	link_cut(l);
	free(l->out);
	free(l->in);
	free(l);
}

/* ---- going up ---- */

static int connect_to(const struct sockaddr_un *name, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int err;

	if (fd < 0 || connect(fd, (const struct sockaddr *)name, len) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

static int connect_path(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (path[0] == '\0' || strlen(path) >= sizeof name.sun_path) {
		errno = ENOENT;
		return -1;
	}
	strcpy(name.sun_path, path);
	return connect_to(&name, sizeof name);
}

/* Nobody listens there, or we may not ask: that leaves the other ways. */
static bool is_no_service(int err)
{
	return err == ENOENT || err == ECONNREFUSED || err == EACCES ||
	       err == ENOTSOCK || err == EPERM;
}

static bool connect_service(struct link *l, struct reason *why)
{
	l->fd = connect_path(l->socket);
	if (l->fd < 0 && is_no_service(errno) && shared.len > 0)
		l->fd = connect_to(&shared.name, shared.len);
	if (l->fd >= 0)
		return true;
	/* EAGAIN: its backlog is full. */
	if (!is_no_service(errno))
		reason_fail_errno(why,
		    errno == EAGAIN ? CAUSE_RESOLVE_BUSY : CAUSE_RESOLVE_START,
		    errno, "cannot connect to resolve at %s", l->socket);
	return false;
}

/* A datagram socket cannot be connected to a stream socket; but the kernel says
 * so only where somebody has that, and its owner hears nothing of it. */
bool link_needs_child(const char *path)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	bool found;
	int fd;

	if (shared.len > 0)
		return false;
	if (path[0] == '\0' || strlen(path) >= sizeof name.sun_path)
		return true;
	strcpy(name.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	found = fd >= 0 &&
		connect(fd, (struct sockaddr *)&name, sizeof name) != 0 &&
		errno == EPROTOTYPE;
	if (fd >= 0)
		close(fd);
	return !found;
}

static bool no_child;

void link_forbid_child(void)
{
	no_child = true;
}

static bool start_child(struct link *l, struct reason *why)
{
	int ends[2];

	if (no_child) {
		reason_fail(why, CAUSE_RESOLVE_START,
		    "the lookup service at %s is gone; connections from "
		    "now on do without it",
		    l->socket);
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		ends) != 0) {
		reason_fail_errno(
		    why, CAUSE_RESOLVE_START, errno, "cannot start resolve");
		return false;
	}
	l->pid = spawn_resolve(l->args, ends[1], ends[1], why);
	close(ends[1]);
	if (l->pid > 0) {
		l->fd = ends[0];
		return true;
	}
	l->pid = 0;
	close(ends[0]);
	return false;
}

static void allocate(struct link *l)
{
	if (l->in != NULL)
		return;
	l->in = xmalloc(LINK_INPUT_MAX);
	l->out = xmalloc(LINK_QUEUE_MAX);
}

void link_rest(struct link *l)
{
	if (l->queued > 0 || l->got > l->taken)
		return;
	free(l->in);
	free(l->out);
	l->in = l->out = NULL;
	l->got = l->taken = 0;
}

static bool go_up(struct link *l, struct reason *why)
{
	allocate(l);
	reason_clear(why);
	if (connect_service(l, why))
		return true;
	return why->cause == CAUSE_NONE && start_child(l, why);
}

static bool has_hung_up(const struct link *l)
{
	char byte;

	return recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool link_reach_service(struct link *l)
{
	struct reason why;

	allocate(l);
	/* One that retired while nothing was open: its successor is there. */
	if (l->fd >= 0 && l->pid == 0 && has_hung_up(l))
		hang_up(l);
	return l->fd >= 0 ? l->pid == 0 : connect_service(l, &why);
}

bool link_is_lost(struct link *l)
{
	return no_child && l->pid == 0 && !link_reach_service(l);
}

/* ---- the talk ---- */

bool link_ask(struct link *l, const struct question *q, struct reason *why)
{
	char head[NETSTRING_HEAD_ROOM], text[QUESTION_MAX], *h;
	size_t len = question_format(q, text), head_len;

	if (l->fd < 0 && !go_up(l, why))
		return false;
	allocate(l);
	h = netstring_format_head(head, len);
	head_len = (size_t)(head + sizeof head - h);
	if (LINK_QUEUE_MAX - l->queued < head_len + len + 1) {
		reason_fail(
		    why, CAUSE_RESOLVE_BUSY, "too many lookups at once");
		return false;
	}
	memcpy(l->out + l->queued, h, head_len);
	memcpy(l->out + l->queued + head_len, text, len);
	l->out[l->queued + head_len + len] = ',';
	l->queued += head_len + len + 1;
	return true;
}

struct pollfd link_poll(const struct link *l)
{
	return (struct pollfd){.fd = l->fd,
	    .events = (short)(POLLIN | (l->queued > 0 ? POLLOUT : 0))};
}

/* Every program of ours ignores SIGPIPE. */
static void flush(struct link *l)
{
	ssize_t n;

	if (l->queued == 0)
		return;
	n = write(l->fd, l->out, l->queued);
	/* An error shows as the end of what is read as well. */
	if (n > 0) {
		memmove(l->out, l->out + n, l->queued - (size_t)n);
		l->queued -= (size_t)n;
	}
}

static enum link_event go_down(struct link *l, struct reason *why)
{
	bool child = l->pid != 0;
	int status = 0;

	hang_up(l);
	if (child)
		status = end_child(l);
	if (!child)
		reason_fail(why, CAUSE_RESOLVE_DIED,
		    "resolve hung up without an answer");
	else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		reason_set(why, "resolve left");
	else if (WIFSIGNALED(status))
		reason_fail(why, CAUSE_RESOLVE_DIED,
		    "resolve was killed by signal %d", WTERMSIG(status));
	else
		reason_fail(why, CAUSE_RESOLVE_DIED,
		    "resolve ended with status %d, see the log",
		    WEXITSTATUS(status));
	return LINK_DOWN;
}

static enum link_event nonsense(struct link *l, struct reason *why)
{
	link_cut(l);
	reason_fail(why, CAUSE_RESOLVE_NONSENSE,
	    "resolve sent what is not a finding, see the log");
	return LINK_DOWN;
}

enum link_event link_next(struct link *l, struct finding *f, struct reason *why)
{
	const char *payload;
	size_t len, used;
	ssize_t n;

	if (l->fd < 0)
		return LINK_QUIET;
	allocate(l);
	flush(l);
	memmove(l->in, l->in + l->taken, l->got - l->taken);
	l->got -= l->taken;
	l->taken = 0;
	for (;;) {
		switch (netstring_parse(
		    l->in, l->got, FINDING_MAX, &payload, &len, &used)) {
		case NETSTRING_WHOLE:
			l->taken = used;
			if (!question_parse_finding(f, payload, len))
				return nonsense(l, why);
			return LINK_FINDING;
		case NETSTRING_BROKEN:
			return nonsense(l, why);
		case NETSTRING_PARTIAL:
			break;
		}
		n = read(l->fd, l->in + l->got, LINK_INPUT_MAX - l->got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return LINK_QUIET;
		if (n <= 0)
			return go_down(l, why);
		l->got += (size_t)n;
	}
}

bool link_wait(
    struct link *l, struct finding *f, int64_t deadline_ms, struct reason *why)
{
	while (clock_left(deadline_ms) > 0) {
		struct pollfd p;

		switch (link_next(l, f, why)) {
		case LINK_FINDING:
			return true;
		case LINK_QUIET:
			p = link_poll(l);
			poll(&p, 1, clock_left(deadline_ms));
			break;
		case LINK_DOWN:
			if (why->cause == CAUSE_NONE)
				reason_fail(why, CAUSE_RESOLVE_DIED,
				    "resolve left without an answer");
			return false;
		}
	}
	reason_fail(why, CAUSE_RESOLVE_HUNG, "no answer from resolve in time");
	return false;
}

/* ---- for the parent of serving processes ---- */

int link_share(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	shared.len = sizeof shared.name;
	/* The kernel gives it a name of its own (unix(7), autobind). */
	if (fd < 0 ||
	    bind(fd, &(struct sockaddr){.sa_family = AF_UNIX},
		sizeof(sa_family_t)) != 0 ||
	    listen(fd, SOMAXCONN) != 0 ||
	    getsockname(fd, (struct sockaddr *)&shared.name, &shared.len) !=
		0) {
		if (fd >= 0)
			close(fd);
		shared.len = 0;
		return -1;
	}
	return shared.fd = fd;
}

pid_t link_start_shared(char *const *args, struct reason *why)
{
	return spawn_resolve(args, shared.fd, -1, why);
}

void link_leave_shared(void)
{
	if (shared.fd >= 0)
		close(shared.fd);
	shared.fd = -1;
}
