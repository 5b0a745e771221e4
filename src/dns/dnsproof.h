/* dnsproof: what weakens the DNSSEC records of a packet.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_DNS_DNSPROOF_H
#define MXPOLICY_DNS_DNSPROOF_H

#include <sys/types.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <stdint.h>

/* Of the records in the answer and authority sections.  *sha1: 5 or 7, the
 * algorithm, if all RRSIG records are of SHA-1 (RFC 9905), else 0.
 * *iterations: the most that an NSEC3 record has (RFC 5155 3.1.3), 0 without.
 * A record that cannot be read, and what comes after it, says nothing. */
void dnsproof_read(ns_msg *msg, uint8_t *sha1, uint16_t *iterations);

#endif
