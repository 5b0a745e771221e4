/* log: lines for the administrator; English, fixed keys, never translated.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LOG_H
#define MXPOLICY_SERVE_LOG_H

#include "serve/config.h"
#include "serve/journal.h"

/* Where the lines go is found out here: to the journal with fields when
 * standard error is the journal, or on standard error with the <N> levels that
 * it understands when it cannot be reached otherwise; to syslog(3) when
 * standard error is another socket: inetd ties it to the client; else to
 * standard error.
 * program names the process in the lines.  Lines above level are dropped. */
void log_open(const char *program, enum config_log level);

/* One line.  Every byte outside 0x20..0x7e becomes '?'. */
void log_line(enum config_log level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What a line is about; each has its MESSAGE_ID, see DIAGNOSTICS in
 * mxpolicy-socketmap(8). */
enum log_event {
	LOG_EVENT_LOOKUP,   /* a question that the cache could not answer */
	LOG_EVENT_FINDING,  /* one half of a lookup is in */
	LOG_EVENT_KEPT,	    /* a policy could not be refreshed and stays */
	LOG_EVENT_PREFETCH, /* a prefetch run is over */
	LOG_EVENT_RESOLVE,  /* `resolve` failed */
	LOG_EVENT_TROUBLE,  /* of the cache, of sockets, of the settings */
};

/* A line with fields.  The line says all that the fields do: it is what there
 * is where the journal is not. */
void log_event(enum config_log level, enum log_event event,
    const struct journal_field *fields, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A warning for each problem of the settings. */
void log_problems(const struct config *c);

/* A warning about a lasting trouble, once: the same text is not repeated until
 * another one came between. */
void log_trouble(const struct reason *why);

/* May a child inherit standard error?  Not when it is the client's socket. */
bool log_to_stderr(void);

/* Would log_line() at this level write something? */
bool log_wants(enum config_log level);

#endif
