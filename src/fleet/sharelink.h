/* sharelink: the connection to `share` (wire/share.h).
 * SPDX-License-Identifier: MIT
 *
 * Where nobody listens there is no shared cache, and nothing is waited for.
 * Nothing here blocks. */
#ifndef MXPOLICY_FLEET_SHARELINK_H
#define MXPOLICY_FLEET_SHARELINK_H

#include <poll.h>
#include <stdbool.h>
#include "wire/share.h"

struct sharelink;

/* socket: its path, which must outlive the result. */
struct sharelink *sharelink_open(const char *socket);
/* NULL is fine. */
void sharelink_close(struct sharelink *l);

/* Say one frame, connecting when it is down.  false: it cannot be said. */
bool sharelink_say(struct sharelink *l, const struct share_frame *f)
    __attribute__((warn_unused_result));

/* Give back memory, where nothing is on its way. */
void sharelink_rest(struct sharelink *l);

/* For poll(); fd is -1 when it is down. */
struct pollfd sharelink_poll(const struct sharelink *l);

enum sharelink_event {
	SHARELINK_QUIET, /* nothing to be read now */
	SHARELINK_FRAME, /* f is filled; its record lives until the next call */
	SHARELINK_DOWN,	 /* it is gone: nothing that was asked is answered */
};

/* Write what is queued, read what is there, never wait. */
enum sharelink_event sharelink_next(struct sharelink *l, struct share_frame *f)
    __attribute__((warn_unused_result));

/* Wait for the next frame about seq until deadline_ms (of clock_ms()).  false:
 * there is none. */
bool sharelink_wait(struct sharelink *l, uint32_t seq, struct share_frame *f,
    int64_t deadline_ms) __attribute__((warn_unused_result));

#endif
