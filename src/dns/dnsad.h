/* dnsad: questions to a validating resolver on this machine, whose AD bit is
 * believed (dnssec = trust-ad).
 * SPDX-License-Identifier: MIT
 *
 * libunbound is not in between: it clears the bit of what it gets, and its
 * validator is what such a setting is to do without.  Nothing is remembered
 * here; the resolver does that. */
#ifndef MXPOLICY_DNS_DNSAD_H
#define MXPOLICY_DNS_DNSAD_H

#include <stdbool.h>
#include "dns/dnsquery.h"
#include "policy/reason.h"

struct event_base;
struct dnsad;
struct dnsad_ask;

/* server: "addr" or "addr@port", copied.  NULL: it is not on loopback, why says
 * so.  Sends nothing yet. */
struct dnsad *dnsad_open(
    struct event_base *base, const char *server, struct reason *why);
/* All questions must have ended or been cancelled.  NULL is allowed. */
void dnsad_close(struct dnsad *ad);

struct dnsad_answer {
	const uint8_t *packet; /* NULL: why says why there is none */
	size_t len;
	struct dnsquery_reply reply;
	struct reason why;
};

/* Ask over UDP, again while nothing comes, and over TCP what UDP cuts.  Only
 * what comes from that address and port and repeats number and question is an
 * answer.  done is called once, from the loop, and the question is freed then;
 * there is no time limit.  NULL: name is none. */
struct dnsad_ask *dnsad_ask(struct dnsad *ad, const char *name,
    enum dns_type type, void (*done)(void *arg, const struct dnsad_answer *a),
    void *arg);
/* done is no longer called.  NULL is allowed. */
void dnsad_cancel(struct dnsad_ask *ask);

#endif
