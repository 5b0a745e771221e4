/* dnsctx: one validating context of libunbound, or one that believes a resolver
 * which validates.  Owns <unbound.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSCTX_H
#define MXPOLICY_DNS_DNSCTX_H

#include <stdbool.h>
#include "dns/dnsconf.h"
#include "dns/dnspacket.h"

struct event_base;
struct dnsctx;

/* The version of libunbound that runs. */
const char *dnsctx_library(void);

struct dnsctx_config {
	const struct dnsconf *servers;
	const char *trust_anchor; /* as in struct dns_config */
	const char *ca_file;	  /* for DNS over TLS; "" the system's */
	bool validate; /* false: only to see whether servers answer */
	bool trust_ad; /* the one server's AD bit is believed (dns/dnsad.h) */
};

/* config is copied.  NULL: why is set. */
struct dnsctx *dnsctx_open(struct event_base *base,
    const struct dnsctx_config *config, struct reason *why);

/* All queries must have ended or been cancelled.  Not from a callback.  NULL is
 * allowed. */
void dnsctx_close(struct dnsctx *ctx);

/* A query, in the caller's memory: it must stay there until done was called or
 * the query is cancelled. */
struct dnsctx_query {
	const char *name; /* text, no trailing dot; "" is the root */
	enum dns_type type;
	const char *tld; /* for denied_tld of the answer, or NULL */
	/* Called once, possibly before dnsctx_resolve() returns, with an answer
	 * that then belongs to it; it must not call this module. */
	void (*done)(struct dnsctx_query *query, struct dns_answer *answer);
	bool flying;	       /* ours, as are these: */
	int id;		       /* libunbound's */
	struct dnsad_ask *ask; /* with trust_ad */
	struct dnsctx *ctx;
};

/* Send a query, without a time limit: the caller has one.
 * false: done is not called, why is set. */
bool dnsctx_resolve(struct dnsctx *ctx, struct dnsctx_query *query,
    struct reason *why) __attribute__((warn_unused_result));

/* done is no longer called.  Allowed for a query that has ended. */
void dnsctx_cancel(struct dnsctx *ctx, struct dnsctx_query *query);

#endif
