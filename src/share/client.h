/* client: a serving process that asks for what is shared (wire/share.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SHARE_CLIENT_H
#define MXPOLICY_SHARE_CLIENT_H

#include <stdbool.h>
#include "share/records.h"

/* Between two looks whether the holder of a lease has put what it fetched. */
#define CLIENT_LOOK_MS 50
/* Questions of one client that are open; with more it is cut off. */
#define CLIENT_ASKS_MAX 1024
#define CLIENT_OUT_MAX 16777216 /* bytes unread by it: it is cut off */

struct event_base;
struct client;

struct client_events {
	void (*asked)(void *arg); /* a frame came */
	/* It hung up, or sent what is no frame (broken).  It is closed. */
	void (*gone)(void *arg, bool broken);
	void *arg;
};

/* fd is a non-blocking stream socket, and the client's from here on.  rs and
 * events must outlive it.  It closes itself when it is gone. */
struct client *client_open(struct event_base *base, struct records *rs, int fd,
    const struct client_events *events);
/* Its leases become free. */
void client_close(struct client *c);

#endif
