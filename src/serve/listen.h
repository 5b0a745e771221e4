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

/* Standard input and output become nobody's; sockets that were there get higher
 * numbers.  false: that cannot be done. */
bool listen_move(int *sockets, size_t n) __attribute__((warn_unused_result));

/* Several processes accept on them: another one may take what poll() saw. */
void listen_share(const int *sockets, size_t n);

/* Nobody listens any more, whoever has a descriptor: a process that serves has
 * one until its connection ends, and a connection would wait there for ever. */
void listen_end(const int *sockets, size_t n);

#endif
