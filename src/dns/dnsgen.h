/* dnsgen: a generation of the resolver: one context and its users.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSGEN_H
#define MXPOLICY_DNS_DNSGEN_H

#include "dns/dnsconf.h"
#include "dns/dnsctx.h"

/* A replaced resolv.conf leads to a new one.  Queries in flight stay with the
 * old one, which is freed with its last user. */
struct dnsgen {
	struct dnsctx *ctx; /* NULL: why is set */
	struct reason why;
	struct dnsconf servers;
	unsigned int users;
};

/* With one user, the caller.  Never NULL. */
struct dnsgen *dnsgen_new(struct event_base *base,
    const struct dns_config *config, const struct dnsconf *servers,
    bool validate);

/* From the settings: resolver, else resolv.conf. */
struct dnsgen *dnsgen_configured(
    struct event_base *base, const struct dns_config *config);

/* Remove one user; *g becomes NULL, and may be NULL already. */
void dnsgen_drop(struct dnsgen **g);

#endif
