/* dane: what a mail host's certificates are worth by its TLSA records.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERIFY_DANE_H
#define MXPOLICY_VERB_VERIFY_DANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"
#include "verb/verify/peer.h"

/* One TLSA record; the first four are RDATA, data of len bytes. */
struct dane_tlsa {
	uint8_t usage, selector, matching;
	const uint8_t *data;
	size_t len;
	bool usable;
	/* A stronger digest of the same usage and selector is there, and only
	 * that one counts (RFC 7671 9; OpenSSL does so). */
	bool passed_over;
	bool matches; /* set by dane_check() */
};

/* By TLSA records (RFC 7672 3.1): usage 3 is about the server's certificate
 * and asks for no name and no date; usage 2 is about one further up, and asks
 * for a chain from there and a name, as for certname_matches().  passed_over
 * and matches are set; why is set for UNTRUSTED and TRUSTED. */
enum peer_trust dane_check(const struct peer *p, struct dane_tlsa *tlsa,
    size_t n_tlsa, const char *const *names, size_t n_names,
    struct reason *why);

#endif
