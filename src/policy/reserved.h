/* reserved: addresses that are nobody's on the Internet.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_RESERVED_H
#define MXPOLICY_POLICY_RESERVED_H

#include <stdbool.h>
#include <stdint.h>

/* Is the address, in network byte order, one that no public server can have:
 * loopback, link-local, private, documentation, multicast or otherwise reserved
 * by the IANA special-purpose registries (RFC 6890)?  Of an IPv6 address with
 * an IPv4 address inside (6to4, the well-known prefix of NAT64) the latter is
 * judged. */
bool reserved_v4(const uint8_t addr[static 4]);
bool reserved_v6(const uint8_t addr[static 16]);

#endif
