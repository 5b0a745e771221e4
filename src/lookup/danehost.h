/* danehost: DANE for one MX host (RFC 7672 2.2).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DANEHOST_H
#define MXPOLICY_LOOKUP_DANEHOST_H

#include <stdint.h>
#include "dns/dns.h"
#include "lookup/notes.h"
#include "policy/verdict.h"

struct danehost;

struct danehost_result {
	enum host_status host;
	uint32_t ttl;	   /* the smallest of the answers that matter */
	struct reason why; /* HOST_ERROR */
};

/* Look up addresses and TLSA of a host (A-label, lower case), all at once.
 * done is called once, from the event loop; the danehost is freed then.
 * notes may be NULL and must outlive the lookup. */
struct danehost *danehost_start(struct dns *dns, const char *host,
    uint16_t port, const struct notes *notes,
    void (*done)(void *arg, const struct danehost_result *r), void *arg);

/* done is no longer called.  NULL is allowed. */
void danehost_cancel(struct danehost *h);

#endif
