/* notify: send a state to the service manager.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_NOTIFY_H
#define MXPOLICY_SERVE_NOTIFY_H

/* Send a state such as "READY=1" to $NOTIFY_SOCKET, if there is one: the
 * protocol of sd_notify(3), for programs without libsystemd.  Errors are
 * ignored. */
void notify(const char *state);

#endif
