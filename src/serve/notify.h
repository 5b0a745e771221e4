/* notify: one word to a service manager.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_NOTIFY_H
#define MXPOLICY_SERVE_NOTIFY_H

/* Send a state such as "READY=1" to $NOTIFY_SOCKET, if there is one: the
 * protocol of sd_notify(3), for programs that do without libsystemd.  Errors
 * are nobody's concern. */
void notify(const char *state);

#endif
