/* dnsgen: a generation of the resolver: one context and its users.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsgen.h"

#include <stdlib.h>
#include "base/xalloc.h"

struct dnsgen *dnsgen_new(struct event_base *base,
    const struct dns_config *config, const struct dnsconf *servers,
    bool validate)
{
	const struct dnsctx_config ctx = {
	    .servers = servers,
	    .trust_anchor = config->trust_anchor,
	    .ca_file = config->ca_file,
	    .validate = validate,
	    .trust_ad = config->trust_ad && dnsconf_is_loopback(servers),
	};
	struct dnsgen *g = xcalloc(1, sizeof *g);

	g->users = 1;
	g->servers = *servers;
	g->anchor = config->trust_anchor;
	g->trusts_ad = ctx.trust_ad;
	g->ctx = dnsctx_open(base, &ctx, &g->why);
	return g;
}

void dnsgen_drop(struct dnsgen **g)
{
	struct dnsgen *old = *g;

	*g = NULL;
	if (old == NULL || --old->users > 0)
		return;
	dnsctx_close(old->ctx);
	free(old);
}
