/* dane: check a mail host's certificates against its TLSA records.
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
	/* Ignored, because there is a stronger digest with the same usage and
	 * selector (RFC 7671 9; OpenSSL does so). */
	bool passed_over;
	bool matches; /* set by dane_check() */
};

/* Check against TLSA records (RFC 7672 3.1).  Usage 3 must match the server's
 * certificate, whatever its names and dates.  Usage 2 must match one further
 * up; from there a valid chain is required, and one of the names, as in
 * certname_matches().  Sets passed_over and matches, and why for UNTRUSTED and
 * TRUSTED. */
enum peer_trust dane_check(const struct peer *p, struct dane_tlsa *tlsa,
    size_t n_tlsa, const char *const *names, size_t n_names,
    struct reason *why);

/* The digest, in groups of hexadecimal digits, with which this record would
 * match: of the server's certificate for usage 3, of the last one that it has
 * sent for usage 2.  false: the record has full data, or there is no such
 * certificate. */
#define DANE_DIGEST_TEXT 132
bool dane_digest(const struct peer *p, const struct dane_tlsa *t,
    char text[static DANE_DIGEST_TEXT]);

#endif
