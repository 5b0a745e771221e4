/* pool: processes that stand ready on listening sockets (the wait manner).
 * SPDX-License-Identifier: MIT */
#include "serve/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "count/board.h"
#include "serve/link.h"
#include "serve/listen.h"
#include "serve/log.h"
#include "serve/notify.h"

#define PAUSE_MS 100 /* before trying again without descriptors or memory */
#define BURST_MAX 16 /* children that are forked at once */

_Static_assert(POOL_CHILDREN_MAX == BOARD_PLACES, "a place for each");

static struct pool {
	int sockets[LISTEN_SOCKETS_MAX];
	size_t n;
	struct board *board;
	int wake;      /* eventfd: the last idle child was taken */
	int life[2];   /* its writing end closes with the parent */
	int signals;   /* signalfd() of SIGCHLD */
	int share;     /* where children ask for lookups; -1: nowhere */
	pid_t resolve; /* that answers there; 0: none */
	char *const *args;
	sigset_t before;
	pid_t parent; /* to be outlived by; 0: not (systemd's are passed) */
	pid_t pid[POOL_CHILDREN_MAX]; /* 0: this place is free */
	size_t children, burst;
	bool refused; /* no more processes, until one of ours ends */
	/* In a child: */
	int events; /* epoll of its sockets */
	unsigned uses;
	size_t place; /* its own */
	bool left;    /* the sockets, for the parent is gone */
	bool failed;
} pool = {.share = -1, .life = {-1, -1}};

/* Out of descriptors or memory: what there is goes on, try again soon. */
static void note_trouble(const char *what)
{
	struct reason why;

	reason_fail_errno(&why, CAUSE_MEMORY, errno, "cannot %s", what);
	log_trouble(&why);
	poll(NULL, 0, PAUSE_MS);
}

/* ---- in a child ---- */

/* EPOLLEXCLUSIVE: a connection wakes one of those that wait, not all. */
static bool watch_sockets(void)
{
	struct epoll_event life = {.events = EPOLLIN, .data.fd = pool.life[0]};
	bool good;

	pool.events = epoll_create1(EPOLL_CLOEXEC);
	good = pool.events >= 0 &&
	       epoll_ctl(pool.events, EPOLL_CTL_ADD, pool.life[0], &life) == 0;
	for (size_t i = 0; good && i < pool.n; i++) {
		struct epoll_event e = {.events = EPOLLIN | EPOLLEXCLUSIVE,
		    .data.fd = pool.sockets[i]};

		good = epoll_ctl(pool.events, EPOLL_CTL_ADD, pool.sockets[i],
			   &e) == 0;
	}
	return good;
}

static bool become_child(void)
{
	close(pool.life[1]);
	close(pool.signals);
	link_leave_shared();
	sigprocmask(SIG_SETMASK, &pool.before, NULL);
	return listen_move(pool.sockets, pool.n) && watch_sockets();
}

/* -1: none was there any more, or none can be had. */
static int accept_one(int socket)
{
	int connection = accept4(socket, NULL, NULL, SOCK_CLOEXEC);

	if (connection >= 0)
		return connection;
	switch (errno) {
	case EBADF:
	case EINVAL:
	case ENOTSOCK:
	case EOPNOTSUPP:
		pool.failed = true;
		note_trouble("accept");
		break;
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		note_trouble("accept");
		break;
	default:
		/* Another child took it, or it was gone (accept(2)). */
		break;
	}
	return -1;
}

static void take_place(void)
{
	static const uint64_t one = 1;

	pool.uses++;
	if (board_set_waits(pool.board, pool.place, false) < POOL_SPARE_MIN)
		(void)!write(pool.wake, &one, sizeof one);
}

static int wait_for_connection(void)
{
	int64_t deadline = clock_ms() + POOL_IDLE_MS;

	while (!pool.failed && clock_left(deadline) > 0) {
		struct epoll_event e;
		int connection;

		if (epoll_wait(pool.events, &e, 1, clock_left(deadline)) <= 0)
			continue;
		if (e.data.fd == pool.life[0])
			return -1;
		connection = accept_one(e.data.fd);
		if (connection >= 0)
			return connection;
	}
	return -1;
}

int pool_life(void)
{
	return pool.left ? -1 : pool.life[0];
}

void pool_leave(void)
{
	for (size_t i = 0; !pool.left && i < pool.n; i++)
		close(pool.sockets[i]);
	pool.left = true;
}

void pool_look(void)
{
	struct pollfd life = {.fd = pool_life(), .events = POLLIN};

	if (life.fd >= 0 && poll(&life, 1, 0) > 0)
		pool_leave();
}

int pool_next(void)
{
	int connection;

	if (pool.left || pool.uses >= POOL_USES_MAX ||
	    (pool.uses > 0 &&
		board_set_waits(pool.board, pool.place, true) > POOL_SPARE_MAX))
		return -1;
	connection = wait_for_connection();
	if (connection >= 0)
		take_place();
	return connection;
}

void pool_silent(bool silent)
{
	if (pool.board != NULL)
		board_set_silent(
		    pool.board, pool.place, silent ? clock_ms() : 0);
}

/* ---- in the parent ---- */

/* inetd may have left us a $NOTIFY_SOCKET that is its own. */
static void tell(const char *state)
{
	if (pool.parent == 0)
		notify(state);
}

static void tell_status(void)
{
	static size_t told = SIZE_MAX;
	char text[64];

	if (told == pool.children)
		return;
	told = pool.children;
	snprintf(text, sizeof text, "STATUS=%zu processes", pool.children);
	tell(text);
}

/* true: this is the child. */
static bool fork_child(void)
{
	size_t place = 0;
	pid_t pid;

	while (pool.pid[place] != 0)
		place++;
	board_set_waits(pool.board, place, true);
	pid = fork();
	if (pid == 0) {
		pool.place = place;
		if (!become_child())
			_exit(EXIT_FAILURE);
		return true;
	}
	pool.refused = pid < 0;
	if (pid < 0) {
		board_set_waits(pool.board, place, false);
		note_trouble("start a process for one more connection "
			     "(TasksMax=, MemoryMax=)");
	} else {
		pool.pid[place] = pid;
		pool.children++;
	}
	return false;
}

/* Have spares, twice as many if they did not suffice.  true: a child. */
static bool fork_spares(void)
{
	uint32_t idle = board_waiting(pool.board);
	size_t wanted = pool.burst;

	if (idle >= POOL_SPARE_MIN) {
		pool.burst = 1;
		return false;
	}
	pool.burst = pool.burst * 2 > BURST_MAX ? BURST_MAX : pool.burst * 2;
	pool.refused = false;
	while (
	    wanted-- > 0 && !pool.refused && pool.children < POOL_CHILDREN_MAX)
		if (fork_child())
			return true;
	return false;
}

/* All are taken, and more wait. */
static bool is_full(void)
{
	return (pool.children >= POOL_CHILDREN_MAX ||
		   (pool.refused && pool.children > 0)) &&
	       board_waiting(pool.board) == 0;
}

/* End the one whose client has been silent longest, which connects again if it
 * asks just now.  false: all of them have asked a moment ago. */
static bool end_silent(void)
{
	size_t place =
	    board_most_silent(pool.board, clock_ms() - POOL_SILENT_MS);

	if (place == BOARD_PLACES || pool.pid[place] == 0)
		return false;
	board_set_silent(pool.board, place, 0);
	return kill(pool.pid[place], SIGTERM) == 0;
}

static void make_room(void)
{
	int ended = 0;

	while (ended < BURST_MAX && end_silent())
		ended++;
	/* Somebody waits: look again soon. */
	if (ended == 0)
		poll(NULL, 0, PAUSE_MS);
}

static void reap_one(pid_t pid)
{
	if (pid == pool.resolve) {
		pool.resolve = 0;
		return;
	}
	for (size_t i = 0; i < POOL_CHILDREN_MAX; i++) {
		if (pool.pid[i] != pid)
			continue;
		/* It left while it waited, or was killed. */
		if (board_waits(pool.board, i))
			board_set_waits(pool.board, i, false);
		board_set_silent(pool.board, i, 0);
		pool.pid[i] = 0;
		pool.children--;
		pool.refused = false;
		return;
	}
}

static void reap(void)
{
	struct signalfd_siginfo info;
	pid_t pid;

	while (read(pool.signals, &info, sizeof info) > 0)
		continue;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		reap_one(pid);
}

static void start_resolve(void)
{
	struct reason why;

	pool.resolve = link_start_shared(pool.args, &why);
	if (pool.resolve > 0)
		return;
	pool.resolve = 0;
	log_trouble(&why);
	poll(NULL, 0, PAUSE_MS);
}

enum { WAKE, SIGNALS, SHARE, FIXED };

/* Wait for something to do, without children until then.  true: a child. */
static bool stand_by(int64_t deadline_ms)
{
	struct pollfd p[FIXED + LISTEN_SOCKETS_MAX] = {
	    [WAKE] = {.fd = pool.wake, .events = POLLIN},
	    [SIGNALS] = {.fd = pool.signals, .events = POLLIN},
	    [SHARE] = {.fd = pool.resolve == 0 ? pool.share : -1,
		.events = POLLIN},
	};
	/* Children that wait see connections themselves. */
	bool full = is_full(), come = false;
	size_t n = pool.children == 0 || full ? pool.n : 0;
	uint64_t count;
	int ready;

	for (size_t i = 0; i < n; i++)
		p[FIXED + i] =
		    (struct pollfd){.fd = pool.sockets[i], .events = POLLIN};
	ready = poll(
	    p, FIXED + n, pool.children > 0 ? -1 : clock_left(deadline_ms));
	/* Refused for want of memory, or beyond RLIMIT_NOFILE (poll(2)). */
	if (ready < 0 && errno != EINTR)
		note_trouble("wait for a connection");
	if (ready <= 0)
		return false;
	if (p[SIGNALS].revents != 0) {
		reap();
		come = full; /* who waits can be served now */
	}
	if (p[SHARE].revents != 0)
		start_resolve();
	for (size_t i = 0; i < n; i++) {
		come |= (p[FIXED + i].revents & POLLIN) != 0;
		pool.failed |= (p[FIXED + i].revents & POLLNVAL) != 0;
	}
	if (full && come && is_full())
		make_room();
	if (p[WAKE].revents != 0)
		come |= read(pool.wake, &count, sizeof count) > 0;
	if (come && fork_spares())
		return true;
	tell_status();
	return false;
}

static bool is_orphan(void)
{
	return pool.parent != 0 && getppid() != pool.parent;
}

/* xinetd and inetd leave the processes of a "wait" service alone when they
 * end.  The signal wakes poll() up, which then looks who the parent is. */
static void follow_parent(void)
{
	pool.parent = getppid();
	prctl(PR_SET_PDEATHSIG, SIGCHLD);
	/* Theirs is 64 or 128, which a relay's smtp(8) processes fill. */
	listen(pool.sockets[0], LISTEN_BACKLOG);
}

static bool open_pool(const int *sockets, size_t n, char *const *args)
{
	sigset_t child;

	memcpy(pool.sockets, sockets, n * sizeof *sockets);
	pool.n = n;
	pool.args = args;
	pool.burst = POOL_SPARE_MIN;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &pool.before);
	pool.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	pool.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pool.board = board_open();
	if (pool.signals < 0 || pool.wake < 0 || pool.board == NULL ||
	    pipe2(pool.life, O_CLOEXEC) != 0)
		return false;
	listen_share(sockets, n);
	pool.share = link_share();
	return true;
}

enum pool_end pool_run(
    const int *sockets, size_t n, int passed, char *const *args)
{
	int64_t leave = clock_ms() + POOL_IDLE_MS;
	bool served = false;

	if (!open_pool(sockets, n, args)) {
		note_trouble("watch children");
		return POOL_FAILED;
	}
	if (!passed)
		follow_parent();
	tell("READY=1");
	while (!pool.failed) {
		if (stand_by(leave))
			return POOL_CHILD;
		if (is_orphan()) {
			listen_end(pool.sockets, pool.n);
			return POOL_ORPHAN;
		}
		/* Whoever connects from here on is for our successor. */
		if (pool.children > 0 || served) {
			leave = clock_ms() + PAUSE_MS;
		} else if (clock_left(leave) == 0) {
			tell("STOPPING=1");
			return POOL_IDLE;
		}
		served = pool.children > 0;
	}
	return POOL_FAILED;
}
