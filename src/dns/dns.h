/* dns: validated DNS lookups on the event loop, and which servers answer them.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNS_H
#define MXPOLICY_DNS_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include "dns/dnsconf.h"
#include "dns/dnspacket.h"
#include "dns/dnsstate.h"

/* The time limit of one query, including all servers: within the answer
 * deadline of 20 s, and more than Postfix would wait. */
#define DNS_QUERY_SECONDS 16

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
 * replaced, waits until a name server is found that is of use (dns/dnspool.h).
 * A server that is slow is waited for, with another one asked beside it, and
 * the first good answer counts.  A failure is the domain's own only if others
 * are answered meanwhile.  For names that exist only here (dns/dnslocal.h,
 * dns/dnsdoubt.h) the answer is DNS_INSECURE. */
struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg);

/* done is no longer called, and the query is freed.  NULL is allowed. */
void dns_cancel(struct dns_query *query);

/* What is known about the name servers. */
const struct dns_state *dns_state(const struct dns *dns);

#endif
