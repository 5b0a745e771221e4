/* dns: validated DNS lookups on the event loop, and which servers answer them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DNS_H
#define MXPOLICY_LOOKUP_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include "lookup/dnsconf.h"
#include "lookup/dnspacket.h"

/* What one query may take, trying all servers: a server that does not answer
 * in 12 s does not answer (design section 7 gives the whole answer 20 s). */
#define DNS_QUERY_SECONDS 12
#define DNS_PROBE_SECONDS 3 /* for the test of the name servers */
#define DNS_SERVERS_TEXT_MAX 160

struct event_base;
struct dns;
struct dns_query;

/* config and its texts must outlive the result.  Nothing is asked yet; wrong
 * settings show as DNS_FAILED answers with their reason. */
struct dns *dns_open(struct event_base *base, const struct dns_config *config);

/* Cancels what is in flight.  NULL is fine. */
void dns_close(struct dns *dns);

/* Ask.  Always answered, once, from the event loop and never before this
 * returns; answer then belongs to the callback (dnspacket_free()).  The query
 * is gone when the callback is called.  name: text without trailing dot; a
 * name too long to exist is answered DNS_INSECURE, DNS_NXDOMAIN.
 *
 * The first question of a process, and the first after /etc/resolv.conf was
 * replaced, waits until the root's DNSKEY was asked for: through name servers
 * that leave out DNSSEC records nothing validates.  Then lookups go from the
 * root, if the servers were not set by `resolver` and the root answers. */
struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg);

/* The callback is not called any more; the query is gone.  NULL is fine. */
void dns_cancel(struct dns_query *query);

/* What was found out about the name servers. */
struct dns_state {
	bool known;	/* the rest is filled */
	bool validates; /* the root's DNSKEY came, validated */
	bool fell_back; /* from resolv.conf's servers to the root */
	char servers[DNS_SERVERS_TEXT_MAX]; /* in use, for people */
	struct reason why; /* unless all is well: what is wrong */
};
const struct dns_state *dns_state(const struct dns *dns);

#endif
