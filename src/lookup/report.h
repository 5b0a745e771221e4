/* report: report failed policy fetches to the TLSRPT collector (RFC 8460 4.3).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_REPORT_H
#define MXPOLICY_LOOKUP_REPORT_H

#include "lookup/collector.h"
#include "dns/dns.h"
#include "lookup/https.h"
#include "policy/sts.h"

/* A domain and id is not reported again while a failed fetch is not repeated
 * (RFC 8461 3.3, FRESH_FETCH_RETRY), for whatever next hop; this many are
 * remembered. */
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
/* All reports must have ended or been cancelled.  NULL is allowed. */
void report_close(struct reports *all);

/* A fetch that failed. */
struct report_failure {
	const char *domain; /* A-label, lower case; copied, as the rest is */
	const char *id;	    /* of the policy that could not be fetched */
	const struct reason *why;
};

/* Look up the TXT record of _smtp._tls.DOMAIN and, if there is one valid record
 * (RFC 8460 3), send one datagram.  done is called from the event loop at the
 * end.
 * NULL: there is nothing to do, and done is not called: there is no collector,
 * the failure is ours or the network's, or it was handled just now. */
struct report *report_start(struct reports *all,
    const struct report_failure *failure, void (*done)(void *arg), void *arg);

/* done is no longer called.  NULL is allowed. */
void report_cancel(struct report *r);

#endif
