/* supervise: a process that stands by a listening socket and starts those who
 * accept from it.
 * SPDX-License-Identifier: MIT
 *
 * It has the libraries loaded and the settings unread, handles no byte of
 * anybody, and forks a worker when a connection waits and nobody accepts.  A
 * worker that retires or dies has its successor at once; what a worker caught
 * lives no longer than it. */
#ifndef MXPOLICY_LOOKUP_SUPERVISE_H
#define MXPOLICY_LOOKUP_SUPERVISE_H

enum supervise_end {
	/* This is a worker: it accepts; see supervise_retire(). */
	SUPERVISE_WORKER,
	SUPERVISE_IDLE,	  /* no worker is left and nobody waits */
	SUPERVISE_FAILED, /* the socket is of no use; it is logged */
};

/* Stand by.  log: one line for people. */
enum supervise_end supervise_run(int listener, void (*log)(const char *text))
    __attribute__((warn_unused_result));

/* In a worker: somebody else may accept from now on. */
void supervise_retire(void);

#endif
