/* siphash: SipHash-2-4, a hash that nobody can aim at without the key.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_BASE_SIPHASH_H
#define MXPOLICY_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* The 64-bit hash of len bytes under a key of 128 bits (Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012). */
uint64_t siphash(const uint64_t key[static 2], const void *data, size_t len);

#endif
