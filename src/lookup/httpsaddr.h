/* httpsaddr: the addresses of a policy host, both families at once.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSADDR_H
#define MXPOLICY_LOOKUP_HTTPSADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include "dns/dns.h"
#include "lookup/notes.h"

/* Addresses of each family that are tried, within the answer deadline. */
#define HTTPSADDR_TRIES_MAX 4
/* How long to wait for the other address family: RFC 8305 3 waits 50 ms, but
 * policies are not as urgent. */
#define HTTPSADDR_FAMILY_WAIT_MS 500

/* "[v6],v4" or one of them: tried at the same time. */
#define HTTPSADDR_TEXT_MAX (2 * INET6_ADDRSTRLEN + sizeof("[],"))
struct httpsaddr_list {
	size_t n;
	char text[HTTPSADDR_TRIES_MAX][HTTPSADDR_TEXT_MAX];
};

struct httpsaddr;

/* done is called once, from the event loop; the httpsaddr is freed then.  why
 * is set if the list is empty.  public_only: without reserved addresses
 * (policy/reserved.h).  notes may be NULL and must outlive the
 * lookup. */
struct httpsaddr *httpsaddr_start(struct event_base *base, struct dns *dns,
    const char *host, bool public_only, const struct notes *notes,
    void (*done)(
	void *arg, const struct httpsaddr_list *list, const struct reason *why),
    void *arg);

/* done is no longer called.  NULL is allowed. */
void httpsaddr_cancel(struct httpsaddr *a);

#endif
