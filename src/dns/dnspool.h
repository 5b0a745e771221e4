/* dnspool: the name servers, each with a context of its own, and which of them
 * are of use.
 * SPDX-License-Identifier: MIT
 *
 * All are tried with the root's DNSKEY, the first at once, each further one
 * when one has failed or 0.2 s later, until one validates; that one answers.
 * With servers of the system that are all of no use, lookups start at the root,
 * if the root answers.  What was found out is looked at again with the
 * questions that come later, and after resolv.conf was replaced. */
#ifndef MXPOLICY_DNS_DNSPOOL_H
#define MXPOLICY_DNS_DNSPOOL_H

#include <stdbool.h>
#include "dns/dnsgen.h"
#include "dns/dnsstate.h"

struct dnspool;

/* ready is called from the loop whenever dnspool_is_ready() has become true.
 * config must outlive the result.  Sends nothing yet. */
struct dnspool *dnspool_open(struct event_base *base,
    const struct dns_config *config, void (*ready)(void *arg), void *arg);
/* NULL is allowed. */
void dnspool_close(struct dnspool *p);

/* With each question: starts the tests that are due.  false: it is not known
 * yet whom to ask. */
bool dnspool_is_ready(struct dnspool *p);

const struct dns_state *dnspool_state(const struct dnspool *p);

/* The context for the next try of a question that `tried` contexts have got
 * already: another server, else the first one again, with other sockets, in
 * case a packet was lost.  NULL: there is no other; never NULL for the first,
 * as long as dnspool_is_ready().  The caller takes a user if it keeps it. */
struct dnsgen *dnspool_next(
    struct dnspool *p, struct dnsgen *const *tried, size_t n);
/* The context of the i-th server, or for lookups from the root.  NULL: there
 * are not so many. */
struct dnsgen *dnspool_at(struct dnspool *p, size_t i);
/* Word a failure for whoever has to find its cause; asked: anybody was. */
void dnspool_explain(const struct dnspool *p, struct dns_answer *a, bool asked);
/* Is it a server that none of them asked? */
bool dnspool_is_other(
    const struct dnsgen *g, struct dnsgen *const *tried, size_t n);

/* The server of g was silent while that of `good` answered: it is asked last
 * from now on, until it passes the test again. */
void dnspool_silent(
    struct dnspool *p, const struct dnsgen *g, const struct dnsgen *good);

/* Nobody answers at all: all is to be found out anew, in a while. */
void dnspool_outage(struct dnspool *p);

/* New contexts: for the i-th server, without validation (NULL: there are not so
 * many); for the server of g, the same; for lookups from the root, with it.
 * The caller is their user. */
struct dnsgen *dnspool_plain(const struct dnspool *p, size_t i);
struct dnsgen *dnspool_plain_of(
    const struct dnspool *p, const struct dnsgen *g);
struct dnsgen *dnspool_from_root(const struct dnspool *p);

/* Is a server in use only for want of a better one, which does not deny what
 * does not exist? */
bool dnspool_is_poor(const struct dnspool *p);

/* Do lookups start at the root, or may they as a second opinion? */
bool dnspool_is_recursive(const struct dnspool *p);
bool dnspool_may_recurse(const struct dnspool *p);

#endif
