/* listen: the sockets that this process was started with.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LISTEN_H
#define MXPOLICY_SERVE_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#define LISTEN_SOCKETS_MAX 16
#define LISTEN_BACKLOG 4096 /* as Backlog=; net.core.somaxconn caps it */

/* The listening sockets that this process was started with: fd 0 when it is
 * one (inetd and xinetd "wait", systemd StandardInput=socket), and those of
 * sd_listen_fds(3) (LISTEN_PID, LISTEN_FDS).  How many; 0: fd 0 is not a
 * listening socket. */
size_t listen_sockets(int sockets[static LISTEN_SOCKETS_MAX]);

/* Were they passed as sd_listen_fds(3) has it? */
bool listen_were_passed(void);

#endif
