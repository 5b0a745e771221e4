/* dnspacket: parse a DNS packet into the answer that lookups use.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSPACKET_H
#define MXPOLICY_DNS_DNSPACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/dnsword.h"
#include "policy/domain.h"
#include "policy/reason.h"

#define DNS_CHAIN_MAX 16	 /* CNAMEs that are followed */
#define DNS_PACKET_MAX 65535	 /* RFC 1035 4.2.2 */
#define DNS_TTL_MAX 0x7fffffffUL /* RFC 2181 8: anything above is 0 */
#define DNS_NAME_TEXT_MAX 1024	 /* 255 octets as \DDD, and some more */

/* The data of one record.  A, AAAA, TXT, TLSA, DNSKEY: as on the wire.  MX: two
 * bytes of preference, then the host as text ("." is the root); a malformed
 * record has at most two bytes.  CNAME: the target as text.  Texts are lower
 * case, escaped as in zone files, without trailing dot and without NUL. */
struct dns_rr {
	const uint8_t *data;
	size_t len;
};

struct dns_answer {
	enum dns_outcome outcome;
	enum dns_content content; /* DNS_NODATA if FAILED */
	bool is_signed;		  /* RRSIG records came with it */
	/* 5 or 7 if all RRSIG records that came with it are of SHA-1
	 * (RFC 9905), else 0. */
	uint8_t sha1;
	uint16_t iterations; /* the most that an NSEC3 record of it has */
	bool had_cname;	     /* the records are not at the name itself */
	/* SECURE, NXDOMAIN, and the top-level name of the question's `tld` does
	 * not exist either. */
	bool denied_tld;
	/* Where the records are (or provably are not), as text. */
	char canon[DNS_NAME_TEXT_MAX + 1];
	/* Seconds: the smallest of all records used, including CNAMEs; for a
	 * negative answer from its SOA (RFC 2308 5), 0 without SOA; FAILED:
	 * 0. */
	uint32_t ttl;
	size_t n;	   /* records, 0 unless DNS_DATA */
	struct dns_rr *rr; /* in the packet's order */
	/* FAILED; else a remark: why the name is taken not to exist without an
	 * answer that says so, "" if there is one. */
	struct reason why;
	uint8_t *store; /* what rr points into */
};

/* Parse a packet that answers (name, type).  outcome: the result of validation.
 * The result is never NULL and belongs to the caller; if anything is wrong with
 * the packet, it is DNS_FAILED.  name: text, no trailing dot. */
struct dns_answer *dnspacket_read(const char *name, enum dns_type type,
    const uint8_t *packet, size_t len, enum dns_outcome outcome);

/* Does a packet prove by an NSEC record of the root zone that a top-level name
 * (one label, lower case) does not exist, not even as a part of other names
 * (RFC 4034 4 and 6.1)?  The packet is one that was validated. */
bool dnspacket_denies_tld(const uint8_t *packet, size_t len, const char *tld);

/* An answer that is not in any packet: insecurely, there is no such name. */
struct dns_answer *dnspacket_absent(uint32_t ttl, const char *why);

/* A DNS_FAILED answer with a reason. */
struct dns_answer *dnspacket_failed(enum cause cause, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The character-strings of one TXT record, joined without blanks between them
 * (RFC 1035 3.3.14).  false: malformed, or longer than size. */
bool dnspacket_join_txt(const struct dns_rr *rr, char *txt, size_t size,
    size_t *txt_len) __attribute__((warn_unused_result));

/* NULL is allowed. */
void dnspacket_free(struct dns_answer *a);

#endif
