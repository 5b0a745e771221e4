/* dane: the DANE branch of a domain (RFC 7672).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DANE_H
#define MXPOLICY_LOOKUP_DANE_H

#include <stdbool.h>
#include <stdint.h>
#include "dns/dns.h"
#include "lookup/notes.h"
#include "policy/verdict.h"

/* MX hosts that are looked up, the best preferences first.  Postfix tries 5
 * addresses (smtp_mx_address_limit), so it does not need more.  The rest is
 * ignored and not counted as undetermined, which it would remain forever. */
#define DANE_HOSTS_MAX 100

struct dane;

struct dane_question {
	const char *name; /* A-label, lower case; copied */
	uint16_t port;
	bool is_host; /* a next hop in brackets: no MX lookup */
};

/* done is called once, from the event loop; the dane is freed then.  notes may
 * be NULL and must outlive the lookup. */
struct dane *dane_start(struct dns *dns, const struct dane_question *question,
    const struct notes *notes,
    void (*done)(void *arg, const struct dane_finding *f), void *arg);

/* done is no longer called.  NULL is allowed. */
void dane_cancel(struct dane *d);

#endif
