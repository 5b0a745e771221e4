/* report: failed policy fetches, told to the TLSRPT collector (RFC 8460 4.3).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_REPORT_H
#define MXPOLICY_LOOKUP_REPORT_H

#include "lookup/collector.h"
#include "lookup/dns.h"
#include "lookup/https.h"
#include "policy/sts.h"

/* A domain and id that was looked at is not looked at again for as long as a
 * failed fetch is not repeated (RFC 8461 3.3, FRESH_FETCH_RETRY), whatever
 * next hop leads to it; so many are remembered. */
#define REPORT_KEPT 256

struct reports;
struct report;

struct report_config {
	struct collector *collector;	 /* NULL: nothing is ever reported */
	void (*log)(const char *text);	 /* trouble with the collector */
	void (*debug)(const char *text); /* each report; NULL for nobody */
};

/* dns and config must outlive the result. */
struct reports *report_open(
    struct dns *dns, const struct report_config *config);
/* No report may be under way.  NULL is fine. */
void report_close(struct reports *all);

/* A fetch that failed. */
struct report_failure {
	const char *domain; /* A-label, lower case; copied, as the rest is */
	const char *id;	    /* of the policy that was to be fetched */
	const struct reason *why;
};

/* Ask for the TXT record of _smtp._tls.DOMAIN, and where there is one valid
 * record (RFC 8460 3) send one datagram.  done is called from the event loop
 * when nothing more comes of it.
 * NULL: there is nothing to do, and done is not called: nobody collects, the
 * failure is our own or the network's, or it has been looked at just now. */
struct report *report_start(struct reports *all,
    const struct report_failure *failure, void (*done)(void *arg), void *arg);

/* done is not called any more.  NULL is fine. */
void report_cancel(struct report *r);

#endif
