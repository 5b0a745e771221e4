/* anchor: the trust anchor of DNSSEC's root, as a file holds it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_ANCHOR_H
#define MXPOLICY_POLICY_ANCHOR_H

#include <stddef.h>
#include <stdint.h>

#define ANCHOR_TAGS_MAX 16

/* Where distributions keep it, first come first taken; ends with NULL. */
extern const char *const anchor_files[];

/* Key tags of ICANN's keys for the root
 * (https://data.iana.org/root-anchors/root-anchors.xml). */
#define ANCHOR_KSK_2010 19036
#define ANCHOR_KSK_2017 20326
#define ANCHOR_KSK_2024 38696 /* signs since 11 October 2026 */

/* The key tags of the DS and DNSKEY lines for the root in a zone file's text
 * (RFC 4034 appendix B for DNSKEY); keys that are revoked (RFC 5011) or no
 * secure entry points are left out.  Returns how many, at most
 * ANCHOR_TAGS_MAX. */
size_t anchor_tags(const char *text, uint16_t tag[static ANCHOR_TAGS_MAX]);

#endif
