/* dnstest: does what a context gets validate, and if not, why?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSTEST_H
#define MXPOLICY_DNS_DNSTEST_H

#include <stdbool.h>
#include "dns/dnsgen.h"

/* The longest that a name server is waited for: as long as Postfix would. */
#define DNSTEST_SERVER_MS 10000
/* The root, which is asked where no server is of use; and the second question
 * of a test. */
#define DNSTEST_ROOT_MS 8000

struct dnstest;

struct dnstest_result {
	bool validates; /* the root's DNSKEY arrived and validated */
	/* Not, but it did: what does not exist is not denied as it should be,
	 * so that a host without TLSA records looks like one that failed. */
	bool is_poor;
	struct reason why; /* if not */
};

struct dnstest_call {
	int limit_ms;
	void (*done)(void *arg, const struct dnstest_result *result);
	void *arg;
};

/* Ask g for the root's DNSKEY and for a name that does not exist, and if the
 * former does not validate, plain as well: the same servers, without
 * validation.  done is called once, from the loop;
 * the test is freed then.  Both get a user for as long as it takes. */
struct dnstest *dnstest_start(struct event_base *base, struct dnsgen *g,
    struct dnsgen *plain, const struct dnstest_call *call);

/* done is no longer called.  NULL is allowed. */
void dnstest_cancel(struct dnstest *t);

#endif
