/* link: the connection to `resolve`, and the talk over it.
 * SPDX-License-Identifier: MIT
 *
 * `resolve` is a service of the whole machine where there is a socket for it:
 * the one that resolve-socket names, or one that the listening parent of this
 * process stands by (link_share()).  Where there is none, it is a child. */
#ifndef MXPOLICY_SERVE_LINK_H
#define MXPOLICY_SERVE_LINK_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>
#include "wire/question.h"

#define LINK_QUEUE_MAX 262144 /* bytes of questions not yet written */

struct link;

/* socket: a path, "" for none; args: the options that this process got (-c,
 * -o), NULL-terminated, handed on to a child.  Both must outlive the link.
 * Nothing is connected or started yet. */
struct link *link_open(const char *socket, char *const *args);
/* Hangs up; a child is killed, because nobody waits for what it still does.
 * NULL is fine. */
void link_close(struct link *l);

/* Put a question; connects, or starts a child, when there is none.
 * false: that could not be done, or too much is queued already. */
bool link_ask(struct link *l, const struct question *q, struct reason *why)
    __attribute__((warn_unused_result));

/* Connect where a service listens, but start no child.  Is it (now, or
 * already) a service that others ask as well? */
bool link_reach_service(struct link *l);

/* For poll(); a link that is down gives a fd of -1. */
struct pollfd link_poll(const struct link *l);

/* May this process have to start a child, because nobody stands by the socket
 * (as for link_open())?  Wakes nobody up. */
bool link_needs_child(const char *socket);
/* From here on it cannot (serve/cell.h): where the service is gone, that is
 * said instead. */
void link_forbid_child(void);

/* Can this process look nothing up any more, because it may not start a child
 * and the service is gone?  Connects to it if it has come back. */
bool link_is_lost(struct link *l);

enum link_event {
	LINK_QUIET,   /* nothing to be read now */
	LINK_FINDING, /* f is filled; its texts live until the next call */
	LINK_DOWN,    /* it is gone: what is open has to be asked again */
};

/* Write what is queued, read what is there, never wait.  DOWN: why says how it
 * ended, with CAUSE_NONE for a child that left by itself. */
enum link_event link_next(struct link *l, struct finding *f, struct reason *why)
    __attribute__((warn_unused_result));

/* Wait for the next finding until deadline_ms (of clock_ms()).  false: there is
 * none, why says why not. */
bool link_wait(struct link *l, struct finding *f, int64_t deadline_ms,
    struct reason *why) __attribute__((warn_unused_result));

/* There is nothing to ask for a while: give back memory.  Not while a finding
 * is in use. */
void link_rest(struct link *l);

/* Hang up on one that does not answer; a child is killed. */
void link_cut(struct link *l);

/* ---- for the parent of serving processes ---- */

/* Make a listening socket for all children that are forked from here on.  It
 * has no name in the file system: `resolve` sees to it that only our own user
 * asks.  Its descriptor, for poll(), or -1 where none can be made (children
 * then start one each). */
int link_share(void);

/* Start `resolve` on that socket, for all: its pid, or -1 with why. */
pid_t link_start_shared(char *const *args, struct reason *why);

/* In a child: the listening end is its parent's. */
void link_leave_shared(void);

#endif
