/* dnsgen: a generation of the resolver: one context and its users.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSGEN_H
#define MXPOLICY_DNS_DNSGEN_H

#include <stdint.h>
#include "dns/dnsconf.h"
#include "dns/dnsctx.h"

/* A replaced resolv.conf leads to new ones.  Questions under way stay with the
 * old one, which is freed with its last user. */
struct dnsgen {
	struct dnsctx *ctx; /* NULL: why is set */
	struct reason why;
	struct dnsconf servers;
	const char *anchor; /* the configured file; "" */
	bool trusts_ad;	    /* it does not validate by itself */
	int64_t heard_ms; /* clock_ms() of its last good answer; 0: none yet */
	unsigned int users;
};

/* With one user, the caller.  Never NULL. */
struct dnsgen *dnsgen_new(struct event_base *base,
    const struct dns_config *config, const struct dnsconf *servers,
    bool validate);

/* Remove one user; *g becomes NULL, and may be NULL already. */
void dnsgen_drop(struct dnsgen **g);

#endif
