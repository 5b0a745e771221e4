/* dnslocal: names that exist only locally, by their name alone.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSLOCAL_H
#define MXPOLICY_DNS_DNSLOCAL_H

/* Why a name exists only locally, for people; NULL: it may be public.
 * Is the name (lower case, no trailing dot) one of those, or below one, that
 * are reserved for private use: RFC 6761 (but for the domains that
 * documentation uses: they are in the public tree), RFC 6762 3 and appendix G,
 * RFC 8375, RFC 7686, RFC 9476, and .internal (ICANN, 2024)?  Or is it in
 * `zones`: names with or without dots around them, separated by blanks or
 * commas, in any case? */
const char *dnslocal_why(const char *name, const char *zones);

#endif
