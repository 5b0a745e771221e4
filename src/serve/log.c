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
#include "base/text.h"

static struct {
	const char *program;
	enum config_log level;
	bool to_syslog;
	bool to_journal; /* standard error is the journal */
} sink = {.program = "mxpolicy", .level = CONFIG_LOG_WARNING};

/* The environment names the journal's socket on standard error. */
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
	sink.to_journal = !sink.to_syslog && stderr_is_journal(&err);
	/* inetd passes one socket as 0, 1 and 2, where a line would be taken
	 * for a reply.  Any socket but the journal's may be a client's. */
	if (!sink.to_syslog && !sink.to_journal && S_ISSOCK(err.st_mode))
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

/* For journalctl MESSAGE_ID=...; these never change. */
static const char *const event_ids[] = {
    [LOG_EVENT_LOOKUP] = "434a038736b94d198d2fcb1d7ba99d47",
    [LOG_EVENT_FINDING] = "0825140da5164759b37af39d4d59f584",
    [LOG_EVENT_KEPT] = "5d625cd456c54fb3896feb96ead9b786",
    [LOG_EVENT_PREFETCH] = "3a80ee494ed54131ac0ae7610ebc0b30",
    [LOG_EVENT_RESOLVE] = "31db7fb9e21846938e0b2c019a9fa097",
    [LOG_EVENT_TROUBLE] = "3a4507aa84a1494387b97a8108040225",
};

/* line is made printable. */
static void send_line(enum config_log level, const char *id,
    const struct journal_field *fields, char *line)
{
	text_clean(line, strlen(line));
	if (sink.to_syslog)
		syslog(priority(level), "%s", line);
	else if (!sink.to_journal)
		fprintf(stderr, "%s\n", line);
	else if (!journal_send(priority(level), id, sink.program, fields, line))
		fprintf(stderr, "<%d>%s\n", priority(level), line);
}

static void __attribute__((format(printf, 4, 0)))
write_line(enum config_log level, const char *id,
    const struct journal_field *fields, const char *fmt, va_list ap)
{
	char line[JOURNAL_MESSAGE_MAX];
	size_t head = (size_t)snprintf(line, sizeof line, "%s: ", sink.program);

	vsnprintf(line + head, sizeof line - head, fmt, ap);
	send_line(level, id, fields, line);
}

void log_line(enum config_log level, const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	write_line(level, NULL, NULL, fmt, ap);
	va_end(ap);
}

void log_event(enum config_log level, enum log_event event,
    const struct journal_field *fields, const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(level))
		return;
	va_start(ap, fmt);
	write_line(level, event_ids[event], fields, fmt, ap);
	va_end(ap);
}

/* Append " KEY=VALUE", or nothing where it does not fit. */
static void put_field(
    char line[static JOURNAL_MESSAGE_MAX], const char *key, const char *value)
{
	bool is_quoted = strpbrk(value, " =\"\\") != NULL;
	size_t used = strlen(line);
	char *at = line + used;
	int n = snprintf(at, JOURNAL_MESSAGE_MAX - used, " %s=%s%s%s", key,
	    is_quoted ? "\"" : "", value, is_quoted ? "\"" : "");

	if (n < 0 || (size_t)n >= JOURNAL_MESSAGE_MAX - used) {
		*at = '\0';
		return;
	}
	if (!is_quoted)
		return;
	at += strlen(key) + sizeof " =\"" - 1;
	for (; at[1] != '\0'; at++)
		if (*at == '"')
			*at = '\'';
		else if (*at == '\\')
			*at = '/';
}

void log_fields(enum config_log level, enum log_event event, const char *head,
    const struct journal_field *fields)
{
	char line[JOURNAL_MESSAGE_MAX];

	if (!log_wants(level))
		return;
	snprintf(line, sizeof line, "%s: %s", sink.program, head);
	for (const struct journal_field *f = fields; f->name != NULL; f++)
		if (f->key != NULL && f->value != NULL && f->value[0] != '\0')
			put_field(line, f->key, f->value);
	send_line(level, event_ids[event], fields, line);
}

void log_problems(const struct config *c)
{
	for (size_t i = 0; i < c->n_problems && i < CONFIG_PROBLEMS_MAX; i++)
		log_line(CONFIG_LOG_WARNING, "%s", c->problems[i].text);
}

const char *log_cause(const struct reason *why)
{
	return why->cause != CAUSE_NONE ? cause_name(why->cause) : "";
}

const char *log_owner(const struct reason *why)
{
	enum cause_owner owner = cause_owner(why->cause);

	return owner != CAUSE_OF_NOBODY ? cause_owner_name(owner) : "";
}

void log_trouble(const struct reason *why)
{
	static struct reason last;

	if (strcmp(last.text, why->text) == 0)
		return;
	last = *why;
	log_event(CONFIG_LOG_WARNING, LOG_EVENT_TROUBLE,
	    (const struct journal_field[]){{"REASON", why->text, NULL},
		{"CAUSE", log_cause(why), NULL},
		{"OWNER", log_owner(why), NULL}, {0}},
	    "%s", why->text);
}
