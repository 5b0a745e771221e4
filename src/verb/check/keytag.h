/* keytag: the keys of the root zone in a trust anchor file.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_KEYTAG_H
#define MXPOLICY_VERB_CHECK_KEYTAG_H

#include <stddef.h>
#include <stdint.h>

#define KEYTAGS_MAX 16

/* Key tags of ICANN's keys for the root
 * (https://data.iana.org/root-anchors/root-anchors.xml). */
#define KEYTAG_2010 19036
#define KEYTAG_2017 20326
#define KEYTAG_2024 38696 /* signs since 11 October 2026 */

/* The key tags of the DS and DNSKEY lines for the root in a zone file's text
 * (RFC 4034 appendix B for DNSKEY), each once; keys that are revoked (RFC 5011)
 * or are not secure entry points are left out.  Returns how many, at most
 * KEYTAGS_MAX. */
size_t keytag_read(const char *text, uint16_t tag[static KEYTAGS_MAX]);

#endif
