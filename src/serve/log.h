/* log: lines for the administrator; English, fixed keys, never translated.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LOG_H
#define MXPOLICY_SERVE_LOG_H

#include "serve/config.h"
#include "serve/journal.h"

/* Determine where lines go: if standard error is the journal, to the journal
 * with fields or, if its socket cannot be reached, to standard error with the
 * <N> levels that it understands; if standard error is another socket, to
 * syslog(3), because inetd connects it to the client; else to standard error.
 * program names the process in the lines.  Lines above level are dropped. */
void log_open(const char *program, enum config_log level);

/* One line.  Every byte outside 0x20..0x7e becomes '?'. */
void log_line(enum config_log level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The subject of a line; each has its MESSAGE_ID, see DIAGNOSTICS in
 * mxpolicy-socketmap(8). */
enum log_event {
	LOG_EVENT_LOOKUP,   /* a question that the cache could not answer */
	LOG_EVENT_FINDING,  /* one branch of a lookup is done */
	LOG_EVENT_KEPT,	    /* a policy could not be refreshed and is kept */
	LOG_EVENT_PREFETCH, /* a prefetch run has ended */
	LOG_EVENT_RESOLVE,  /* `resolve` failed */
	LOG_EVENT_TROUBLE,  /* with the cache, a socket or the settings */
};

/* A line in the form "HEAD KEY=VALUE KEY=VALUE...", from the fields that have a
 * key and a value.  A value with a blank, "=", a quotation mark or a backslash
 * stands in quotation marks; within them every quotation mark is written ' and
 * every backslash /, so that no value can end early or look like another field,
 * however simply the line is taken apart.  The journal gets the values as they
 * are. */
void log_fields(enum config_log level, enum log_event event, const char *head,
    const struct journal_field *fields);

/* A line of any form, with fields. */
void log_event(enum config_log level, enum log_event event,
    const struct journal_field *fields, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* What failed, and whose failure it is, as the fields CAUSE and OWNER; "" where
 * nothing failed, or nobody in particular. */
const char *log_cause(const struct reason *why);
const char *log_owner(const struct reason *why);

/* A warning for each problem of the settings. */
void log_problems(const struct config *c);

/* A warning about trouble that lasts: the same text is not repeated until there
 * has been another one. */
void log_trouble(const struct reason *why);

/* May a child inherit standard error?  Not when it is the client's socket. */
bool log_to_stderr(void);

/* Would log_line() at this level write something? */
bool log_wants(enum config_log level);

#endif
