/* dns: validated DNS lookups on the event loop, and which servers answer them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNS_H
#define MXPOLICY_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include "dns/dnsconf.h"
#include "dns/dnspacket.h"

/* The time limit of one query, including all servers: within the answer
 * deadline of 20 s, and no server that works takes longer. */
#define DNS_QUERY_SECONDS 12
#define DNS_PROBE_SECONDS 3 /* for the test of the name servers */
#define DNS_SERVERS_TEXT_MAX 160

struct event_base;
struct dns;
struct dns_query;

/* config and its texts must outlive the result.  Sends nothing yet; wrong
 * settings lead to DNS_FAILED answers with their reason. */
struct dns *dns_open(struct event_base *base, const struct dns_config *config);

/* Cancels queries in flight.  NULL is allowed. */
void dns_close(struct dns *dns);

/* Send a query.  done is called exactly once, from the event loop and never
 * before this returns; the answer then belongs to it (dnspacket_free()), and
 * the query is freed.  name: text without trailing dot; the answer for a name
 * that is too long to exist is DNS_INSECURE, DNS_NXDOMAIN.
 *
 * The first query of a process, and the first after /etc/resolv.conf was
 * replaced, waits until the root's DNSKEY was queried: through name servers
 * that strip DNSSEC records nothing validates.  In that case lookups start at
 * the root, if the servers were not set by `resolver` and the root answers. */
struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg);

/* done is no longer called, and the query is freed.  NULL is allowed. */
void dns_cancel(struct dns_query *query);

/* What is known about the name servers. */
struct dns_state {
	bool known;	/* the rest is set */
	bool validates; /* the root's DNSKEY arrived and validated */
	bool fell_back; /* from resolv.conf's servers to the root */
	char servers[DNS_SERVERS_TEXT_MAX]; /* in use, for people */
	struct reason why;		    /* if something is wrong */
};
const struct dns_state *dns_state(const struct dns *dns);

#endif
