/* libraries: which versions of libraries `resolve` runs with.
 * SPDX-License-Identifier: MIT */
#include "verb/libraries.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/text.h"
#include "serve/spawn.h"

#define ANSWER_MS 5000
#define ANSWER_MAX 2048
#define UNCONFINED "unconfined"

/* What it prints until it ends, or until the time is over. */
static size_t read_all(int fd, char text[static ANSWER_MAX])
{
	int64_t deadline = clock_ms() + ANSWER_MS;
	size_t len = 0;

	while (len < ANSWER_MAX - 1 && clock_left(deadline) > 0) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		if (poll(&p, 1, clock_left(deadline)) <= 0)
			continue;
		n = read(fd, text + len, ANSWER_MAX - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	return len;
}

static bool ask(char text[static ANSWER_MAX], struct reason *why)
{
	static char version[] = "--version";
	char *const args[] = {version, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), ends[2];
	pid_t pid = -1;
	size_t len = 0;

	if (null < 0 || pipe2(ends, O_CLOEXEC) != 0) {
		reason_fail_errno(
		    why, CAUSE_RESOLVE_START, errno, "cannot ask resolve");
	} else {
		pid = spawn_resolve(args, null, ends[1], why);
		close(ends[1]);
		if (pid > 0)
			len = read_all(ends[0], text);
		close(ends[0]);
	}
	if (null >= 0)
		close(null);
	if (pid <= 0)
		return false;
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (len == 0)
		reason_fail(why, CAUSE_RESOLVE_START, "resolve says nothing");
	return len > 0;
}

/* "NAME VERSION", or "unconfined TEXT..." */
static void take_line(struct libraries *l, const char *line)
{
	const char *blank = strchr(line, ' ');
	struct library *to = &l->of[l->n];
	char rest[REASON_MAX + 1];

	if (l->n == LIBRARIES_MAX || blank == NULL ||
	    blank - line > LIBRARIES_WORD_MAX)
		return;
	snprintf(to->name, sizeof to->name, "%.*s", (int)(blank - line), line);
	snprintf(rest, sizeof rest, "%s", blank + 1);
	text_clean(rest, strlen(rest));
	if (strcmp(to->name, UNCONFINED) == 0) {
		strcpy(l->unconfined, rest);
		return;
	}
	if (strncmp(to->name, "mxpolicy", strlen("mxpolicy")) == 0)
		return;
	snprintf(
	    to->version, sizeof to->version, "%.*s", LIBRARIES_WORD_MAX, rest);
	l->n++;
}

bool libraries_read(struct libraries *l, struct reason *why)
{
	char text[ANSWER_MAX], *rest = text, *line;

	memset(l, 0, sizeof *l);
	if (!ask(text, why))
		return false;
	while ((line = strsep(&rest, "\n")) != NULL)
		take_line(l, line);
	if (l->n == 0)
		reason_fail(why, CAUSE_RESOLVE_START,
		    "resolve does not name its libraries");
	return l->n > 0;
}

/* "1.26.1", of which the last may be missing or have letters behind it. */
static bool is_at_least(const char *version, const unsigned int wanted[3])
{
	for (int i = 0; i < 3; i++) {
		char *end;
		unsigned long v = strtoul(version, &end, 10);

		if (v != wanted[i] || end == version)
			return v > wanted[i];
		version = *end == '.' ? end + 1 : end;
	}
	return true;
}

bool libraries_is_at_least(const struct libraries *l, const char *name,
    unsigned int major, unsigned int minor, unsigned int patch)
{
	const unsigned int wanted[] = {major, minor, patch};

	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->of[i].name, name) == 0)
			return is_at_least(l->of[i].version, wanted);
	return true;
}
