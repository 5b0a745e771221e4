/* worker: the `resolve` process of a serving process, and the talk with it.
 * SPDX-License-Identifier: MIT */
#include "serve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "serve/log.h"
#include "wire/netstring.h"

#define WORKER_PROGRAM "resolve"
#define WORKER_QUEUE_MAX 65536 /* bytes of questions not yet written */
#define WORKER_INPUT_MAX (FINDING_MAX + NETSTRING_OVERHEAD)
#define WORKER_ARGS_MAX 64

struct worker {
	char *const *args;
	pid_t pid;	   /* 0: none */
	int to, from;	   /* -1: none */
	size_t queued;	   /* bytes of out */
	size_t got, taken; /* bytes of in; of these, handed out already */
	char *out, *in;	   /* allocated with the first process */
};

struct worker *worker_open(char *const *args)
{
	struct worker *w = calloc(1, sizeof *w);

	if (w == NULL)
		exit(EX_TEMPFAIL);
	w->args = args;
	w->to = w->from = -1;
	return w;
}

static void hang_up(struct worker *w)
{
	if (w->to >= 0)
		close(w->to);
	if (w->from >= 0)
		close(w->from);
	w->to = w->from = -1;
	w->queued = w->got = w->taken = 0;
}

void worker_kill(struct worker *w)
{
	if (w->pid != 0) {
		kill(w->pid, SIGKILL);
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
		w->pid = 0;
	}
	hang_up(w);
}

void worker_close(struct worker *w)
{
	if (w == NULL)
		return;
	worker_kill(w);
	free(w->out);
	free(w->in);
	free(w);
}

/* Beside our own program (in libexec, and in a build tree), else where it was
 * installed (for bin/mxpolicy). */
static void find_program(char path[static PATH_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n > 0) {
		self[n] = '\0';
		if (snprintf(path, PATH_MAX, "%s/" WORKER_PROGRAM,
			dirname(self)) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return;
	}
	snprintf(path, PATH_MAX, "%s/" WORKER_PROGRAM, PKGLIBEXECDIR);
}

static void run_program(const char *path, char *const *args, int in, int out)
{
	char *argv[WORKER_ARGS_MAX + 2];
	size_t n = 0;

	argv[n++] = (char *)(uintptr_t)path;
	for (; args != NULL && *args != NULL && n <= WORKER_ARGS_MAX; args++)
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
	/* What our starter left open is not for a process that parses
	 * strangers' bytes; before Linux 5.9 it stays. */
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
		(void)close_range(STDERR_FILENO + 1, ~0U, 0);
		execv(path, argv);
	}
	_exit(EX_UNAVAILABLE);
}

static bool start(struct worker *w, struct reason *why)
{
	char path[PATH_MAX];
	int to[2] = {-1, -1}, from[2] = {-1, -1};

	if (w->in == NULL && ((w->in = malloc(WORKER_INPUT_MAX)) == NULL ||
				 (w->out = malloc(WORKER_QUEUE_MAX)) == NULL))
		exit(EX_TEMPFAIL);
	find_program(path);
	if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
		goto fail;
	w->pid = fork();
	if (w->pid == 0)
		run_program(path, w->args, to[0], from[1]);
	if (w->pid < 0)
		goto fail;
	close(to[0]);
	close(from[1]);
	w->to = to[1];
	w->from = from[0];
	fcntl(w->to, F_SETFL, O_NONBLOCK);
	fcntl(w->from, F_SETFL, O_NONBLOCK);
	return true;
fail:
	reason_fail_errno(
	    why, CAUSE_RESOLVE_START, errno, "cannot start %s", path);
	w->pid = 0;
	for (int i = 0; i < 2; i++) {
		if (to[i] >= 0)
			close(to[i]);
		if (from[i] >= 0)
			close(from[i]);
	}
	return false;
}

bool worker_ask(struct worker *w, const struct question *q, struct reason *why)
{
	char head[NETSTRING_HEAD_ROOM], text[QUESTION_MAX], *h;
	size_t len = question_format(q, text), head_len;

	if (w->pid == 0 && !start(w, why))
		return false;
	h = netstring_format_head(head, len);
	head_len = (size_t)(head + sizeof head - h);
	if (WORKER_QUEUE_MAX - w->queued < head_len + len + 1) {
		reason_fail(
		    why, CAUSE_RESOLVE_BUSY, "too many lookups at once");
		return false;
	}
	memcpy(w->out + w->queued, h, head_len);
	memcpy(w->out + w->queued + head_len, text, len);
	w->out[w->queued + head_len + len] = ',';
	w->queued += head_len + len + 1;
	return true;
}

void worker_poll(const struct worker *w, struct pollfd p[static 2])
{
	p[0] = (struct pollfd){.fd = w->from, .events = POLLIN};
	p[1] = (struct pollfd){
	    .fd = w->queued > 0 ? w->to : -1, .events = POLLOUT};
}

/* The pipe is SIGPIPE-free: every program of ours ignores it. */
static void flush(struct worker *w)
{
	ssize_t n;

	if (w->queued == 0 || w->to < 0)
		return;
	n = write(w->to, w->out, w->queued);
	/* An error shows as the end of its output as well. */
	if (n > 0) {
		memmove(w->out, w->out + n, w->queued - (size_t)n);
		w->queued -= (size_t)n;
	}
}

/* The process has ended: how? */
static enum worker_event reap(struct worker *w, struct reason *why)
{
	int status = 0;
	pid_t pid = w->pid;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	w->pid = 0;
	hang_up(w);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return WORKER_LEFT;
	if (WIFSIGNALED(status))
		reason_fail(why, CAUSE_RESOLVE_DIED,
		    "resolve was killed by signal %d", WTERMSIG(status));
	else
		reason_fail(why, CAUSE_RESOLVE_DIED,
		    "resolve ended with status %d, see the log",
		    WEXITSTATUS(status));
	return WORKER_FAILED;
}

static enum worker_event nonsense(struct worker *w, struct reason *why)
{
	worker_kill(w);
	reason_fail(why, CAUSE_RESOLVE_NONSENSE,
	    "resolve sent what is not a finding, see the log");
	return WORKER_FAILED;
}

enum worker_event worker_next(
    struct worker *w, struct finding *f, struct reason *why)
{
	const char *payload;
	size_t len, used;
	ssize_t n;

	if (w->pid == 0)
		return WORKER_QUIET;
	flush(w);
	memmove(w->in, w->in + w->taken, w->got - w->taken);
	w->got -= w->taken;
	w->taken = 0;
	for (;;) {
		switch (netstring_parse(
		    w->in, w->got, FINDING_MAX, &payload, &len, &used)) {
		case NETSTRING_WHOLE:
			w->taken = used;
			if (!question_parse_finding(f, payload, len))
				return nonsense(w, why);
			return WORKER_FINDING;
		case NETSTRING_BROKEN:
			return nonsense(w, why);
		case NETSTRING_PARTIAL:
			break;
		}
		n = read(w->from, w->in + w->got, WORKER_INPUT_MAX - w->got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return WORKER_QUIET;
		if (n <= 0)
			return reap(w, why);
		w->got += (size_t)n;
	}
}
