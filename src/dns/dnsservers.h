/* dnsservers: the inside of a pool of name servers.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSSERVERS_H
#define MXPOLICY_DNS_DNSSERVERS_H

#include <stdint.h>
#include <sys/stat.h>
#include "dns/dnsstate.h"
#include "dns/dnstcp.h"
#include "dns/dnstest.h"

enum standing {
	UNTRIED,
	TESTING, /* for the first time */
	GOOD,
	BAD,
};

struct server {
	struct dnspool *pool;
	struct dnsconf conf; /* of this one alone */
	struct dnsgen *gen;  /* NULL: not yet */
	struct dnsgen *spare;
	enum standing standing;
	struct dnstest *test; /* under way */
	struct dnsgen *fresh; /* whom it tests, if not gen */
	int64_t since_ms;     /* BAD: since when, or its last test */
	bool is_poor;	      /* BAD, but better than nothing */
	struct reason why;    /* BAD */
};

struct dnspool {
	struct event_base *base;
	const struct dns_config *config;
	void (*ready)(void *arg);
	void *arg;
	bool started;
	struct dnsconf conf;
	size_t n;
	struct server *server; /* of n */
	struct dnsgen *root;   /* lookups from the root */
	struct dnstest *root_test;
	bool root_was_tested;
	struct dnstcp *tcp;
	struct event *next_timer, *root_timer;
	struct stat resolv_conf;
	int64_t stat_ms, known_ms;
	struct dns_state state;
	struct reason logged;
};

/* The context of a server, made when it is first needed. */
struct dnsgen *dnspool_gen_of(struct server *s);

/* Did a server pass the test, and was not silent since? */
bool dnspool_has_good(const struct dnspool *p);

/* It is known now whether anything validates. */
void dnspool_known(struct dnspool *p, bool validates);

/* One server is of no use while others are: say it, once. */
void dnspool_tell_bad(struct dnspool *p, const struct server *s);

#endif
