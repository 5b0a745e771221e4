/* dnsquery: the bytes of a question to a name server, and whether a packet
 * answers it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSQUERY_H
#define MXPOLICY_DNS_DNSQUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/dnsword.h"

/* Header, name, type and class, and the OPT record (RFC 6891 6.1.2). */
#define DNSQUERY_MAX (12 + 255 + 4 + 11)
#define DNSQUERY_UDP_MAX 1232 /* DNS flag day 2020 */

struct dnsquery {
	uint8_t bytes[DNSQUERY_MAX];
	size_t len, question; /* bytes in all, and up to the OPT record */
};

/* One question with recursion desired and DNSSEC records wanted (DO), which
 * asks for the AD bit as well (RFC 4035 3.2.1).  AD itself is not set, for some
 * forwarders copy it into the answer.  name: text, no trailing dot.  false: it
 * is no name. */
bool dnsquery_make(struct dnsquery *q, const char *name, enum dns_type type,
    uint16_t id) __attribute__((warn_unused_result));

struct dnsquery_reply {
	unsigned int rcode;
	bool cut;	/* TC: to be asked again over TCP */
	bool authentic; /* AD: whoever sent it has validated all of it */
};

/* Is a packet the reply to q: its number, and its question byte for byte?  The
 * case of letters may differ.  r is filled then. */
bool dnsquery_is_answered(const struct dnsquery *q, const uint8_t *packet,
    size_t len, struct dnsquery_reply *r) __attribute__((warn_unused_result));

#endif
