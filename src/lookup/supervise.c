/* supervise: a process that stands by a listening socket and starts those who
 * accept from it.
 * SPDX-License-Identifier: MIT */
#include "lookup/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "policy/reason.h"

/* A worker that dies this young is not followed at once: what kills it may
 * come with each connection. */
#define YOUNG_MS 1000
#define PAUSE_MS 100

struct supervisor {
	int listener;
	void (*log)(const char *text);
	int signals; /* signalfd() of SIGCHLD */
	sigset_t before;
	size_t workers;
	/* Of the one that accepts; its end closes when it retires or dies.
	 * -1: nobody accepts. */
	int accepts;
	int64_t begun_ms;
	bool pause; /* the last one died young */
};

/* In a worker: the other end of `accepts`. */
static int retire_fd = -1;

void supervise_retire(void)
{
	if (retire_fd >= 0)
		close(retire_fd);
	retire_fd = -1;
}

static void complain(const struct supervisor *s, const char *what)
{
	struct reason why;

	reason_set(&why, "cannot %s: %s", what, strerror(errno));
	s->log(why.text);
}

static bool become_worker(struct supervisor *s, int end)
{
	retire_fd = end;
	close(s->signals);
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	/* Nobody is left to follow it when its parent is killed. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

/* true: this is the worker. */
static bool start_worker(struct supervisor *s)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		complain(s, "make a pipe");
		s->pause = true;
		return false;
	}
	s->begun_ms = clock_ms();
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		if (!become_worker(s, ends[1]))
			_exit(1);
		return true;
	}
	close(ends[1]);
	if (pid < 0) {
		complain(s, "start a process for lookups (TasksMax= of the "
			    "unit, MemoryMax=)");
		close(ends[0]);
		s->pause = true;
		return false;
	}
	s->accepts = ends[0];
	s->workers++;
	return false;
}

static void log_death(const struct supervisor *s, int status)
{
	struct reason why;

	if (WIFSIGNALED(status))
		reason_set(&why,
		    "a process for lookups was killed by signal %d (%s)%s",
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    WTERMSIG(status) == SIGKILL
			? "; if it was for its memory, see MemoryMax= of "
			  "mxpolicy-resolve.service"
			: "");
	else if (WEXITSTATUS(status) != 0)
		reason_set(&why, "a process for lookups ended with status %d",
		    WEXITSTATUS(status));
	else
		return;
	s->log(why.text);
}

static void reap(struct supervisor *s)
{
	struct signalfd_siginfo info;
	int status;

	while (read(s->signals, &info, sizeof info) > 0)
		continue;
	while (s->workers > 0 && waitpid(-1, &status, WNOHANG) > 0) {
		s->workers--;
		log_death(s, status);
		s->pause = (WIFSIGNALED(status) || WEXITSTATUS(status) != 0) &&
			   clock_ms() - s->begun_ms < YOUNG_MS;
	}
}

/* Wait for a connection that nobody accepts, or for a worker's end.  true:
 * this is a worker. */
static bool stand_by(struct supervisor *s)
{
	struct pollfd p[3] = {
	    {.fd = s->signals, .events = POLLIN},
	    {.fd = s->accepts, .events = POLLIN},
	    {.fd = s->accepts < 0 ? s->listener : -1, .events = POLLIN},
	};

	if (s->pause && s->accepts < 0)
		poll(NULL, 0, PAUSE_MS);
	s->pause = false;
	/* Without a worker the super-server takes over the listening; who comes
	 * just now need not wait for that. */
	if (poll(p, 3, s->workers > 0 ? -1 : PAUSE_MS) < 0 && errno != EINTR) {
		complain(s, "wait for connections");
		s->pause = true;
		return false;
	}
	if (p[0].revents != 0)
		reap(s);
	if (p[1].revents != 0) {
		close(s->accepts);
		s->accepts = -1;
		return false;
	}
	return p[2].revents != 0 && start_worker(s);
}

enum supervise_end supervise_run(int listener, void (*log)(const char *text))
{
	struct supervisor s = {
	    .listener = listener,
	    .log = log,
	    .accepts = -1,
	};
	struct pollfd waiting = {.fd = listener, .events = POLLIN};
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &s.before);
	s.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signals < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0) {
		complain(&s, "watch workers");
		return SUPERVISE_FAILED;
	}
	do {
		if (stand_by(&s))
			return SUPERVISE_WORKER;
		if ((poll(&waiting, 1, 0) > 0) &&
		    (waiting.revents & POLLNVAL) != 0)
			return SUPERVISE_FAILED;
	} while (s.workers > 0 || (waiting.revents & POLLIN) != 0);
	return SUPERVISE_IDLE;
}
