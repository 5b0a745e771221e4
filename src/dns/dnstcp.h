/* dnstcp: which name servers do not answer over TCP.
 * SPDX-License-Identifier: MIT
 *
 * An answer that does not fit into a datagram comes over TCP (RFC 7766 5), so
 * one large record or key of a domain fails with such a server.  Nothing waits
 * for what is found out here: it is logged, and has no other use. */
#ifndef MXPOLICY_DNS_DNSTCP_H
#define MXPOLICY_DNS_DNSTCP_H

#include "dns/dnsconf.h"

/* The longest that a connection is waited for, and then an answer. */
#define DNSTCP_SECONDS 3

struct event_base;
struct dnstcp;

/* config must outlive the result; its log gets one line for each server. */
struct dnstcp *dnstcp_open(
    struct event_base *base, const struct dns_config *config);
/* NULL is allowed.  Ends the tests that are under way, without a line. */
void dnstcp_close(struct dnstcp *t);

/* Ask a server, in dnsconf's form and without TLS, for the SOA record of the
 * root; each server only once.  Any answer counts, and is not parsed.  A
 * refusal, an error of the network and silence are logged; a lack of
 * descriptors, which is ours, is not.  A
 * link-local address, and more servers than DNSCONF_SERVERS_MAX, are left
 * out. */
void dnstcp_test(struct dnstcp *t, const char *server);

#endif
