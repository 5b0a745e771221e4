/* https: the fetch of a policy file (RFC 8461 3.3).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPS_H
#define MXPOLICY_LOOKUP_HTTPS_H

#include <stddef.h>
#include <stdint.h>
#include "dns/dns.h"
#include "lookup/httpsconf.h"
#include "lookup/notes.h"
#include "policy/sts.h"

#define HTTPS_HOST_MAX 4	 /* transfers from one address at a time */
#define HTTPS_CONNECT_SECONDS 10 /* TCP and TLS, at the last address */
#define HTTPS_TRY_SECONDS 3	 /* at those before it */
/* A host with a transfer that has failed or hangs after so long is slow. */
#define HTTPS_SLOW_MS 2500
/* How long a fetch in the background waits for its turn at a host. */
#define HTTPS_PATIENCE_SECONDS 5

struct event_base;
struct https;
struct https_fetch;

/* config and its texts must outlive the result. */
struct https *https_open(struct event_base *base, struct dns *dns,
    const struct https_config *config);

/* All fetches must have ended or been cancelled.  NULL is allowed. */
void https_close(struct https *h);

struct https_result {
	/* CAUSE_NONE: body is the decoded content, at most STS_POLICY_MAX
	 * bytes, not parsed. */
	struct reason why;
	const char *body; /* until the callback returns */
	size_t len;
};

/* Fetch https://mta-sts.DOMAIN/.well-known/mta-sts.txt: TLS 1.2 or newer, a
 * certificate for exactly that host, status 200, text/plain, no redirect.
 * done is called once, from the event loop; the fetch is freed then.
 * *is_background, which may change, and notes, which may be NULL, must outlive
 * the fetch.  While it is in the background it does not wait long for its turn
 * at a host that keeps us waiting: CAUSE_RESOLVE_BUSY. */
struct https_fetch *https_get_policy(struct https *h, const char *domain,
    const bool *is_background, const struct notes *notes,
    void (*done)(void *arg, const struct https_result *r), void *arg);

/* done is no longer called.  NULL is allowed. */
void https_cancel(struct https_fetch *f);

#endif
