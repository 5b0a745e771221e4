/* log: lines for the administrator; English, fixed keys, never translated.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LOG_H
#define MXPOLICY_SERVE_LOG_H

#include "serve/config.h"

/* Where the lines go is found out here: standard error, with the <N> levels
 * that the journal understands when it is the journal; but syslog(3) when
 * standard error is another socket: inetd ties it to the client.
 * program names the process in the lines.  Lines above level are dropped. */
void log_open(const char *program, enum config_log level);

/* One line.  Every byte outside 0x20..0x7e becomes '?'. */
void log_line(enum config_log level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A warning about a lasting trouble, once: the same text is not repeated until
 * another one came between. */
void log_trouble(const struct reason *why);

/* May a child inherit standard error?  Not when it is the client's socket. */
bool log_to_stderr(void);

/* Would log_line() at this level write something? */
bool log_wants(enum config_log level);

#endif
