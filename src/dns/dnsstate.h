/* dnsstate: what is known about the name servers.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSSTATE_H
#define MXPOLICY_DNS_DNSSTATE_H

#include <stdbool.h>
#include "policy/reason.h"

#define DNS_SERVERS_TEXT_MAX 160

struct dns_state {
	bool known;	/* the rest is set */
	bool validates; /* the root's DNSKEY arrived and validated */
	bool fell_back; /* from resolv.conf's servers to the root */
	char servers[DNS_SERVERS_TEXT_MAX]; /* in use, for people */
	struct reason why;		    /* if something is wrong */
};

#endif
