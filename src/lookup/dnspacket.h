/* dnspacket: from a DNS packet to the answer that the lookups work with.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_DNSPACKET_H
#define MXPOLICY_LOOKUP_DNSPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/dnsword.h"
#include "policy/domain.h"
#include "policy/reason.h"

#define DNS_CHAIN_MAX 16	 /* CNAMEs that are followed */
#define DNS_PACKET_MAX 65535	 /* RFC 1035 4.2.2 */
#define DNS_TTL_MAX 0x7fffffffUL /* RFC 2181 8: anything above is 0 */
#define DNS_NAME_TEXT_MAX 1024	 /* 255 octets, each as \DDD, and some */

/* One record's data.  A, AAAA, TXT, TLSA, DNSKEY: as on the wire.  MX: two
 * bytes of preference, then the host as text ("." is the root); a record whose
 * host is not readable has no more than two bytes.  CNAME: the target as text.
 * Texts are lower case, escaped as in zone files, without the trailing dot and
 * without NUL. */
struct dns_rr {
	const uint8_t *data;
	size_t len;
};

struct dns_answer {
	enum dns_outcome outcome;
	enum dns_content content; /* DNS_NODATA when FAILED */
	bool is_signed;		  /* RRSIG records came with it */
	bool had_cname;		  /* the records are not at the name itself */
	/* Where the records are (or are proven not to be), as text. */
	char canon[DNS_NAME_TEXT_MAX + 1];
	/* Seconds: the smallest of all records used, CNAMEs included; of a
	 * negative answer by its SOA (RFC 2308 5), 0 without SOA; FAILED: 0. */
	uint32_t ttl;
	size_t n;	   /* records, 0 unless DNS_DATA */
	struct dns_rr *rr; /* in the packet's order */
	struct reason why; /* FAILED */
	uint8_t *store;	   /* what rr points into */
};

/* Read a whole packet that answers (name, type).  outcome: what validation
 * said of it.  The result is never NULL and belongs to the caller; whatever is
 * odd in the packet makes it DNS_FAILED.  name: text, no trailing dot. */
struct dns_answer *dnspacket_read(const char *name, enum dns_type type,
    const uint8_t *packet, size_t len, enum dns_outcome outcome);

/* An answer that says why there is none. */
struct dns_answer *dnspacket_failed(enum cause cause, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The character-strings of one TXT record, joined without blanks between them
 * (RFC 1035 3.3.14).  false: malformed, or longer than size. */
bool dnspacket_join_txt(const struct dns_rr *rr, char *txt, size_t size,
    size_t *txt_len) __attribute__((warn_unused_result));

/* NULL is fine. */
void dnspacket_free(struct dns_answer *a);

#endif
