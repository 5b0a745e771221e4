/* landlock: which files a process may open and which TCP ports it may reach.
 * Owns <linux/landlock.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_CONFINE_LANDLOCK_H
#define MXPOLICY_CONFINE_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What the running kernel can confine (Linux 5.13, 6.7, 6.12). */
enum landlock_reach {
	LANDLOCK_NOTHING,
	LANDLOCK_FILES, /* no TCP ports */
	LANDLOCK_PORTS, /* and TCP ports */
	LANDLOCK_SCOPES /* and signals, and abstract unix sockets */
};
enum landlock_reach landlock_reach(void);

/* A set of rules that is being made. */
struct landlock {
	int fd;
	uint64_t fs, net; /* the rights that it takes away */
};

/* An empty set: no file may be opened, executed, made or removed; no TCP port
 * bound; no process outside may be signalled.  Unless `spare` says so, no TCP
 * port may be connected to, and no abstract unix socket of a process outside.
 * Files that are open already stay so.  false: the kernel cannot do it. */
#define LANDLOCK_SPARE_TCP 1
#define LANDLOCK_SPARE_ABSTRACT 2
bool landlock_open(struct landlock *l, unsigned int spare)
    __attribute__((warn_unused_result));

/* Take something out of it; what does not exist is skipped.  `path`, a file or
 * a directory with all below it, may be read; or may be read, written, made and
 * removed; or may be read and executed.  A TCP port may be connected to. */
void landlock_allow_read(struct landlock *l, const char *path);
void landlock_allow_write(struct landlock *l, const char *path);
void landlock_allow_run(struct landlock *l, const char *path);
void landlock_allow_port(struct landlock *l, uint16_t port);
/* The same for the directory that a file is in, since the file may be replaced
 * by rename; and where a link leads, there as well.  "" is nothing. */
void landlock_allow_read_beside(struct landlock *l, const char *file);
void landlock_allow_write_beside(struct landlock *l, const char *file);

/* It holds from here on, for children as well; needs PR_SET_NO_NEW_PRIVS.  The
 * set is closed.  false: the kernel refused. */
bool landlock_enter(struct landlock *l) __attribute__((warn_unused_result));

#endif
