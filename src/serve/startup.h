/* startup: correct what a process inherits from its parent.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_STARTUP_H
#define MXPOLICY_SERVE_STARTUP_H

#include <stdbool.h>

/* To be called first.  Signals that the parent ignored or blocked remain so
 * after exec (signal(7)): SIGCHLD gets its default back, without which children
 * could not be waited for; no signal is blocked; SIGPIPE is ignored.  If
 * descriptors 0 and 1 are closed, they become /dev/null, and 2 becomes what is
 * said below, so that the cache never gets one of these numbers.  Exits with
 * EX_OSERR if that fails. */
void startup_settle(void);

/* Replace standard error, if it is closed or may be the client's, by a socket
 * that leads nowhere: lines go to syslog(3), as log_open() decides for sockets,
 * and no message of libc reaches the client.  false: it cannot be created. */
bool startup_mute_stderr(void);

#endif
