/* dnslife: does anybody answer at all?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSLIFE_H
#define MXPOLICY_DNS_DNSLIFE_H

#include <stdbool.h>
#include "dns/dnspool.h"

#define DNSLIFE_MS 8000 /* the longest that it takes */
#define DNSLIFE_SERVERS_MAX 3

struct dnslife;

/* Ask each server of the pool for a name that nobody has asked for before, in
 * contexts without memory: what is out there can answer it only by answering.
 * done is called once, from the loop; the dnslife is freed then.  alive: which
 * of them answered first (dnspool_at()), be it that there is no such name; -1,
 * none. */
struct dnslife *dnslife_start(struct event_base *base,
    const struct dnspool *pool, void (*done)(void *arg, int alive), void *arg);

/* done is no longer called.  NULL is allowed. */
void dnslife_cancel(struct dnslife *l);

#endif
