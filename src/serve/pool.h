/* pool: processes that stand ready on listening sockets (the wait manner).
 * SPDX-License-Identifier: MIT
 *
 * As Postfix's own daemons do it: a few children wait for connections, serve
 * one to its end, take another, and leave after a while.  The parent forks
 * before the last of them is taken, and reads nothing itself. */
#ifndef MXPOLICY_SERVE_POOL_H
#define MXPOLICY_SERVE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#define POOL_CHILDREN_MAX 2000 /* as MaxConnections= of mxpolicy.socket */
#define POOL_SPARE_MIN 2       /* children that stand ready */
#define POOL_SPARE_MAX 16      /* more of them leave after their connection */
#define POOL_USES_MAX 1000     /* connections of one child */
#define POOL_IDLE_MS 60000     /* leaves after so long without a connection */
/* When all are taken and more connections wait, those are closed whose clients
 * have been silent longest, and at least so long: Postfix closes its own after
 * ten seconds. */
#define POOL_SILENT_MS 10000

enum pool_end {
	POOL_CHILD,  /* this is a child: pool_next() gives it connections */
	POOL_IDLE,   /* nobody came for a while; the super-server waits on */
	POOL_ORPHAN, /* the super-server is gone, its socket must go too */
	POOL_FAILED, /* the sockets are of no use any more */
};

/* Stand by the sockets.  More connections than POOL_CHILDREN_MAX wait in the
 * kernel's backlog.  Trouble of accept() is survived.  args: the options for
 * a `resolve` that all children share.  Whoever passes sockets as
 * sd_listen_fds(3) has it (passed) is told when this is ready and how many
 * children there are (sd_notify(3)).  For others, on fd 0, the backlog is made
 * as long as that of mxpolicy-wait.socket; and when the parent ends it is over:
 * a new one could not bind the address otherwise. */
enum pool_end pool_run(const int *sockets, size_t n, int passed,
    char *const *args) __attribute__((warn_unused_result));

/* In a child: the next connection, to be closed by the caller; -1: leave. */
int pool_next(void) __attribute__((warn_unused_result));

/* In a child that serves a connection it is watched whether the parent is
 * there, for what comes to the listening sockets when nobody accepts any more
 * would wait as long as the connection lasts.  pool_life(): a descriptor that
 * becomes readable when it is gone; -1: there is no parent, or no more.
 * pool_leave(): close the sockets.  pool_look(): leave if it is gone. */
int pool_life(void);
void pool_leave(void);
void pool_look(void);

/* In the same: its client is silent from here on, or is not. */
void pool_silent(bool silent);

#endif
