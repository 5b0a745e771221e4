/* httpsaddr: the addresses of a policy host, both families at once.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSADDR_H
#define MXPOLICY_LOOKUP_HTTPSADDR_H

#include <netinet/in.h>
#include <stddef.h>
#include "lookup/dns.h"
#include "lookup/notes.h"

/* Addresses of each family that are tried: within the answer deadline. */
#define HTTPSADDR_TRIES_MAX 4
/* RFC 8305 3 waits 50 ms for the second address family; here a dead server
 * for one of them must not cost more than this. */
#define HTTPSADDR_FAMILY_WAIT_MS 500

/* "[v6],v4" or one of them: what is tried at the same time. */
#define HTTPSADDR_TEXT_MAX (2 * INET6_ADDRSTRLEN + sizeof("[],"))
struct httpsaddr_list {
	size_t n;
	char text[HTTPSADDR_TRIES_MAX][HTTPSADDR_TEXT_MAX];
};

struct httpsaddr;

/* done: an empty list comes with its why.  Called once, from the event loop;
 * the httpsaddr is gone then.  notes may be NULL and must live as long. */
struct httpsaddr *httpsaddr_start(struct event_base *base, struct dns *dns,
    const char *host, const struct notes *notes,
    void (*done)(
	void *arg, const struct httpsaddr_list *list, const struct reason *why),
    void *arg);

/* done is not called any more.  NULL is fine. */
void httpsaddr_cancel(struct httpsaddr *a);

#endif
