/* log: lines for the administrator; English, fixed keys, never translated.
 * SPDX-License-Identifier: MIT */
#include "serve/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#define LOG_LINE_MAX 1024

static struct {
	const char *program;
	enum config_log level;
	bool to_syslog;
	bool prefix; /* standard error is the journal */
} sink = { .program = "mxpolicy", .level = CONFIG_LOG_WARNING };

/* The journal names its end of standard error in the environment. */
static bool stderr_is_journal(const struct stat *err)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)err->st_dev,
	    (uintmax_t)err->st_ino);
	return stream != NULL && strcmp(stream, own) == 0;
}

void log_open(const char *program, enum config_log level)
{
	struct stat err;

	sink.program = program;
	sink.level = level;
	sink.to_syslog = fstat(STDERR_FILENO, &err) != 0;
	sink.prefix = !sink.to_syslog && stderr_is_journal(&err);
	/* inetd gives one socket as 0, 1 and 2: a line there would be taken
	 * for a reply.  Any socket but the journal's may be a client's. */
	if (!sink.to_syslog && !sink.prefix && S_ISSOCK(err.st_mode))
		sink.to_syslog = true;
	if (sink.to_syslog)
		openlog("mxpolicy", LOG_PID, LOG_MAIL);
}

bool log_to_stderr(void)
{
	return !sink.to_syslog;
}

bool log_wants(enum config_log level)
{
	return level <= sink.level;
}

static int priority(enum config_log level)
{
	switch (level) {
	case CONFIG_LOG_ERROR:
		return LOG_ERR;
	case CONFIG_LOG_WARNING:
		return LOG_WARNING;
	case CONFIG_LOG_INFO:
		/* Above systemd's own lines for each connection, which
		 * LogLevelMax=notice keeps out of the journal. */
		return LOG_NOTICE;
	case CONFIG_LOG_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_ERR;
}

void log_line(enum config_log level, const char *fmt, ...)
{
	char line[LOG_LINE_MAX];
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	for (char *p = line; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	if (sink.to_syslog)
		syslog(priority(level), "%s: %s", sink.program, line);
	else if (sink.prefix)
		fprintf(stderr, "<%d>%s: %s\n", priority(level), sink.program,
		    line);
	else
		fprintf(stderr, "%s: %s\n", sink.program, line);
}

void log_trouble(const struct reason *why)
{
	static struct reason last;

	if (strcmp(last.text, why->text) == 0)
		return;
	last = *why;
	log_line(CONFIG_LOG_WARNING, "%s", why->text);
}
