/* dnsgen: a generation of the resolver: one context and those who use it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DNSGEN_H
#define MXPOLICY_LOOKUP_DNSGEN_H

#include "lookup/dnsconf.h"
#include "lookup/dnsctx.h"

/* A replaced resolv.conf makes a new one; what is in flight ends on the old
 * one, which goes with its last user. */
struct dnsgen {
	struct dnsctx *ctx; /* NULL: why says what is wrong */
	struct reason why;
	struct dnsconf servers;
	unsigned int users;
};

/* With one user, the caller.  Never NULL. */
struct dnsgen *dnsgen_new(struct event_base *base,
    const struct dns_config *config, const struct dnsconf *servers,
    bool validate);

/* What the settings ask for: resolver, else resolv.conf. */
struct dnsgen *dnsgen_configured(
    struct event_base *base, const struct dns_config *config);

/* One user less; *g becomes NULL.  NULL in it is fine. */
void dnsgen_drop(struct dnsgen **g);

#endif
