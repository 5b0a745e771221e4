/* startup: what a process got from whoever started it, made good.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_STARTUP_H
#define MXPOLICY_SERVE_STARTUP_H

#include <stdbool.h>

/* To be called first.  Signals that the starter ignored or blocked survive
 * exec (signal(7)): SIGCHLD gets its default again, without which no child
 * could be waited for; no signal is blocked; SIGPIPE is ignored.  Descriptors
 * 0 and 1 that are closed become /dev/null, and 2 as below, so that the cache
 * is never taken for them.  Exits with EX_OSERR when that cannot be done. */
void startup_settle(void);

/* Put a socket that leads nowhere in the place of standard error, where that is
 * closed or may be the client's: lines go to syslog(3), as log_open() has it
 * for sockets, and no word of libc reaches the client.  false: it cannot be
 * made. */
bool startup_mute_stderr(void);

#endif
