/* domain: the next hop that Postfix asks about, and names of hosts.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_DOMAIN_H
#define MXPOLICY_POLICY_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOMAIN_MAX 253	     /* RFC 1035 2.3.4, text form, no trailing dot */
#define DOMAIN_LABEL_MAX 63  /* RFC 1035 2.3.4 */
#define DOMAIN_UTF8_MAX 1012 /* four bytes for each octet of an A-label name */
#define DOMAIN_SERVICE_MAX 32
#define DOMAIN_SMTP_PORT 25
/* "[", name, "]:", port or service: the canonical key of a lookup. */
#define DOMAIN_KEY_MAX (DOMAIN_UTF8_MAX + DOMAIN_SERVICE_MAX + 3)

enum domain_kind {
	DOMAIN_REFUSED, /* nothing to look up: answer NOTFOUND at once */
	DOMAIN_MX,	/* name, name:port: MX lookup */
	DOMAIN_HOST,	/* [host], [host]:port: no MX lookup */
};

struct domain {
	enum domain_kind kind;
	/* Lower case ASCII; UTF-8 as received (ASCII folded) when utf8. */
	char name[DOMAIN_UTF8_MAX + 1];
	bool utf8;     /* has U-labels, to be converted before use */
	uint16_t port; /* 25 unless named; 0 when service is set */
	char service[DOMAIN_SERVICE_MAX + 1]; /* port by name, else "" */
};

/* Understand a next hop as Postfix sends it (smtp_tls_policy.c: verbatim, never
 * folded).  Takes off one trailing
 * dot.  The result is DOMAIN_REFUSED for a leading dot (a parent key), an IP
 * literal in any form, a port of 0 or over 65535, and anything that is not a
 * host name (empty or over-long labels, a hyphen at the edge of a label, bytes
 * other than letters, digits, '-', '_', well-formed UTF-8).  A last label that
 * consists of digits (or of 0x and hex digits) is refused: to inet_aton(3) it
 * is an address.
 * "name:" is port 25, as in Postfix's host_port.c.  A service keeps its case.
 * key need not end in NUL and may contain any byte. */
void domain_parse(struct domain *d, const char *key, size_t len);

/* Replace U-labels by a name of A-labels (from libidn2).
 * false: it is not a host name, d becomes DOMAIN_REFUSED. */
bool domain_set_name(struct domain *d, const char *alabel);

/* The canonical key: "example.com", "example.com:587", "[mx.example.com]:25".
 * Port 25 is not written for DOMAIN_MX; a service that was not resolved is
 * written instead of the port.  Length written, without the NUL. */
size_t domain_format_key(
    const struct domain *d, char buf[static DOMAIN_KEY_MAX + 1]);

/* Is this lower-case ASCII text a host name as above (A-labels, no trailing
 * dot, at most DOMAIN_MAX)?  Single labels pass; numeric last labels do not. */
bool domain_is_hostname(const char *name, size_t len);

/* The length (2..4) of the well-formed UTF-8 sequence at s (RFC 3629), 0 for
 * anything else: ASCII, C1 control characters, surrogates, an incomplete
 * one. */
size_t domain_utf8_len(const char *s, size_t len);

/* Does an mx pattern of a policy match an MX host name (RFC 8461 4.1: equal,
 * or "*." and exactly one left-most label)?  Both lower case. */
bool domain_match(const char *pattern, size_t pattern_len, const char *host);

#endif
