/* dnsctx: one validating context of libunbound.  Owns <unbound.h>.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DNSCTX_H
#define MXPOLICY_LOOKUP_DNSCTX_H

#include <stdbool.h>
#include "lookup/dnsconf.h"
#include "lookup/dnspacket.h"

struct event_base;
struct dnsctx;

struct dnsctx_config {
	const struct dnsconf *servers;
	const char *trust_anchor; /* a file; "" the distribution's */
	const char *ca_file;	  /* for DNS over TLS; "" the system's */
	bool validate;		  /* false: only to find out who is alive */
};

/* What is in config is copied.  NULL: why says what is wrong. */
struct dnsctx *dnsctx_open(struct event_base *base,
    const struct dnsctx_config *config, struct reason *why);

/* Every query must have ended or be cancelled; not from inside a callback.
 * NULL is fine. */
void dnsctx_close(struct dnsctx *ctx);

/* A query, in the memory of the one who asks: it stays there until done was
 * called or the query is cancelled. */
struct dnsctx_query {
	const char *name; /* text, no trailing dot; "" is the root */
	enum dns_type type;
	/* Called once, maybe before dnsctx_resolve() returns, with an answer
	 * that then belongs to it; it must not call into this module. */
	void (*done)(struct dnsctx_query *query, struct dns_answer *answer);
	bool flying; /* ours */
	int id;	     /* ours */
};

/* Ask, without a time limit: the caller has one.
 * false: done is not called, why says what is wrong. */
bool dnsctx_resolve(struct dnsctx *ctx, struct dnsctx_query *query,
    struct reason *why) __attribute__((warn_unused_result));

/* done is not called any more.  Fine for a query that ended. */
void dnsctx_cancel(struct dnsctx *ctx, struct dnsctx_query *query);

#endif
