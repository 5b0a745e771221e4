/* dnsword: words for the properties of a DNS answer.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_DNSWORD_H
#define MXPOLICY_POLICY_DNSWORD_H

#include <stdbool.h>
#include <stdint.h>

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_DNSKEY = 48,
	DNS_TLSA = 52,
};

enum dns_outcome {
	DNS_SECURE,   /* validated */
	DNS_INSECURE, /* proven to come from a zone that is not signed */
	DNS_FAILED,   /* bogus, SERVFAIL, no answer, garbage: not determined */
};

/* Of SECURE and INSECURE. */
enum dns_content {
	DNS_DATA,     /* at least one record of the wanted type */
	DNS_NODATA,   /* the name exists, the type does not */
	DNS_NXDOMAIN, /* the name does not exist */
};

/* "MX", "TLSA" and so on; "?" for a type that is not among them. */
const char *dnsword_type(enum dns_type type);
/* Is it one of them? */
bool dnsword_is_type(uint32_t type);

/* "secure", "insecure", "failed". */
const char *dnsword_outcome(enum dns_outcome outcome);

/* "data", "nodata", "nxdomain". */
const char *dnsword_content(enum dns_content content);

#endif
