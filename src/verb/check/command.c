/* command: run a program of the system and take its output.
 * SPDX-License-Identifier: MIT */
#include "verb/check/command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/text.h"

#define OWN_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

static bool find_program(const char *name, char path[static PATH_MAX])
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin", "/sbin",
	    "/bin", "/usr/local/sbin", "/usr/local/bin"};

	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		if (snprintf(path, PATH_MAX, "%s/%s", dirs[i], name) <
			PATH_MAX &&
		    access(path, X_OK) == 0)
			return true;
	return false;
}

/* One of its two outputs. */
struct drain {
	int fd;
	char *buf;
	size_t len, max;
};

static void drain_some(struct drain *d)
{
	char waste[4096];
	bool full = d->len == d->max;
	ssize_t n = full ? read(d->fd, waste, sizeof waste)
			 : read(d->fd, d->buf + d->len, d->max - d->len);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		close(d->fd);
		d->fd = -1;
	} else if (!full) {
		d->len += (size_t)n;
	}
}

/* Until both have ended.  false: the time is up. */
static bool drain_both(struct drain d[static 2])
{
	int64_t deadline = clock_ms() + COMMAND_SECONDS * 1000;

	while (d[0].fd >= 0 || d[1].fd >= 0) {
		struct pollfd p[2] = {
		    {d[0].fd, POLLIN, 0}, {d[1].fd, POLLIN, 0}};

		if (clock_left(deadline) == 0)
			return false;
		if (poll(p, 2, clock_left(deadline)) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (p[i].revents != 0)
				drain_some(&d[i]);
	}
	return true;
}

/* posix_spawn() does not change the strings. */
static char *const *plain(const char *const *strings)
{
	return (char *const *)(uintptr_t)strings;
}

static int spawn(
    pid_t *pid, const char *path, const char *const argv[], int out, int err)
{
	static const char *const environment[] = {"LC_ALL=C",
	    ("PATH=" OWN_PATH), "SYSTEMD_PAGER=", "SYSTEMD_COLORS=0", NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t set;
	int rc;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(
	    &files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
	/* We ignore SIGPIPE, which would be inherited. */
	posix_spawnattr_init(&attr);
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn(
	    pid, path, &files, &attr, plain(argv), plain(environment));
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/* Its first line on standard error, or how it ended. */
static void explain(struct command *r, size_t len, const char *name, int status)
{
	r->err[len] = '\0';
	r->err[strcspn(r->err, "\n")] = '\0';
	text_clean(r->err, strlen(r->err));
	if (r->err[0] != '\0')
		return;
	if (WIFSIGNALED(status))
		snprintf(r->err, sizeof r->err, "%s: killed by signal %d", name,
		    WTERMSIG(status));
	else
		snprintf(r->err, sizeof r->err, "%s: exit status %d", name,
		    WEXITSTATUS(status));
}

enum command_result command_run(struct command *r, const char *const argv[])
{
	int out[2] = {-1, -1}, err[2] = {-1, -1}, rc = 0, status = 0;
	char path[PATH_MAX];
	struct drain d[2];
	bool in_time;
	pid_t pid;

	r->out[0] = r->err[0] = '\0';
	if (!find_program(argv[0], path))
		return COMMAND_ABSENT;
	if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
		rc = errno;
	else
		rc = spawn(&pid, path, argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	if (rc != 0) {
		close(out[0]);
		close(err[0]);
		snprintf(
		    r->err, sizeof r->err, "%s: %s", argv[0], strerror(rc));
		return COMMAND_FAILED;
	}
	d[0] = (struct drain){out[0], r->out, 0, COMMAND_OUTPUT_MAX};
	d[1] = (struct drain){err[0], r->err, 0, COMMAND_ERROR_MAX};
	in_time = drain_both(d);
	if (!in_time)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	for (int i = 0; i < 2; i++)
		if (d[i].fd >= 0)
			close(d[i].fd);
	r->out[d[0].len] = '\0';
	if (in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return COMMAND_DONE;
	explain(r, d[1].len, argv[0], status);
	return COMMAND_FAILED;
}
