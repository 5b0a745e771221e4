/* cause: what failed, and whose fault it is.
 * SPDX-License-Identifier: MIT
 *
 * A failure is a value.  It is set where the fault is found, travels in struct
 * reason beside a text for people, and is what back-off, counters, log fields,
 * JSON, RFC 8460 failure types and exit codes are made from.  No program reads
 * the text. */
#ifndef MXPOLICY_POLICY_CAUSE_H
#define MXPOLICY_POLICY_CAUSE_H

#include <stdbool.h>
#include <stddef.h>

enum cause {
	CAUSE_NONE,
	CAUSE_UNKNOWN, /* of a record that an older version wrote */

	/* DNS.  "Silent": there are no answers at all; "timeout": none for this
	 * name, while others are answered. */
	CAUSE_DNS_SILENT,
	CAUSE_DNS_STRIPPED, /* the name servers omit DNSSEC records */
	CAUSE_DNS_ANCHOR,   /* the root's keys do not validate */
	CAUSE_DNS_SETTINGS, /* resolver or trust-anchor is wrong */
	CAUSE_DNS_TIMEOUT,
	CAUSE_DNS_SERVFAIL,
	CAUSE_DNS_BOGUS,
	CAUSE_DNS_REFUSED, /* REFUSED, and every other response code */
	CAUSE_DNS_GARBLED, /* an answer that cannot be read */

	/* MTA-STS: the TXT record, then the policy host. */
	CAUSE_STS_TXT,
	CAUSE_HTTPS_LOOKUP,   /* its address could not be determined */
	CAUSE_HTTPS_ADDRESS,  /* the policy host has none */
	CAUSE_HTTPS_RESERVED, /* its address is not one of the Internet */
	CAUSE_HTTPS_CONNECT,
	CAUSE_HTTPS_TLS,
	CAUSE_HTTPS_CERTIFICATE,
	CAUSE_HTTPS_STATUS,
	CAUSE_HTTPS_MEDIA_TYPE,
	CAUSE_HTTPS_ENCODING,
	CAUSE_HTTPS_SIZE,
	CAUSE_HTTPS_TIMEOUT,
	CAUSE_HTTPS_CUT_SHORT, /* the connection ended before the body did */
	CAUSE_HTTPS_PROXY,     /* the proxy refused the connection */
	CAUSE_STS_POLICY,      /* the policy file breaks the grammar */

	/* The asker ran out of time; the lookup goes on. */
	CAUSE_DEADLINE,

	/* `resolve`. */
	CAUSE_RESOLVE_START,
	CAUSE_RESOLVE_DIED,
	CAUSE_RESOLVE_HUNG,
	CAUSE_RESOLVE_NONSENSE,
	CAUSE_RESOLVE_BUSY,

	/* This machine. */
	CAUSE_MEMORY,
	CAUSE_DESCRIPTORS,
	CAUSE_FILE, /* one that cannot be read */
	CAUSE_DISK,
	CAUSES,
};

enum cause_owner {
	CAUSE_OF_NOBODY,
	CAUSE_OF_DOMAIN,  /* its zone, its policy host */
	CAUSE_OF_NETWORK, /* in between: our name servers, our proxy */
	CAUSE_OF_US,
};

/* Whose failure is it? */
enum cause_owner cause_owner(enum cause cause);

/* Is it the domain's own failure, which everybody sees?  RFC 8461 3.3 and RFC
 * 8460 are about these. */
bool cause_is_domains(enum cause cause);

/* A word of small letters and hyphens for logs, JSON and the talk with
 * `resolve`: "dns-bogus"; "none" for CAUSE_NONE. */
const char *cause_name(enum cause cause);

/* "domain", "network", "local"; "none" for CAUSE_OF_NOBODY. */
const char *cause_owner_name(enum cause_owner owner);

/* The cause of a word of len bytes.  false: there is none with that name. */
bool cause_parse(enum cause *cause, const char *word, size_t len)
    __attribute__((warn_unused_result));

#endif
