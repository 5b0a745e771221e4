/* listen: the wait manner, a process that accepts and forks.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_LISTEN_H
#define MXPOLICY_SERVE_LISTEN_H

#include <stddef.h>

#define LISTEN_SOCKETS_MAX 16
#define LISTEN_CHILDREN_MAX 2000 /* as MaxConnections= of mxpolicy.socket */
#define LISTEN_IDLE_MS 60000	 /* leaves after this long without a child */
#define LISTEN_BACKLOG 4096	 /* as Backlog=; net.core.somaxconn caps it */

/* The listening sockets that this process was started with: fd 0 when it is
 * one (inetd and xinetd "wait", systemd StandardInput=socket), and those of
 * sd_listen_fds(3) (LISTEN_PID, LISTEN_FDS).  How many; 0: fd 0 is no
 * listening socket. */
size_t listen_sockets(int sockets[static LISTEN_SOCKETS_MAX]);

enum listen_end {
	LISTEN_CHILD,  /* this is a child: serve fd 0 and 1, then leave */
	LISTEN_IDLE,   /* nobody came for a while; the super-server waits on */
	LISTEN_ORPHAN, /* the super-server is gone, its socket must go too */
	LISTEN_FAILED, /* the sockets are of no use any more */
};

/* Accept on all sockets and fork a child for each connection, of which no more
 * than LISTEN_CHILDREN_MAX live at once; further connections wait in the
 * kernel's backlog.  Trouble of accept() is survived.
 * Who passes sockets as sd_listen_fds(3) has it is told when it is ready and
 * how many connections there are (sd_notify(3)).  For others, on fd 0, the
 * backlog is made as long as that of mxpolicy-wait.socket; and when the parent
 * ends it is over: a new one could not bind the address otherwise. */
enum listen_end listen_run(const int *sockets, size_t n)
    __attribute__((warn_unused_result));

#endif
