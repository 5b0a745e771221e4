/* punycode: the ASCII form of a label (RFC 3492).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_PUNYCODE_H
#define MXPOLICY_LOOKUP_PUNYCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Encode n code points, without "xn--".  false: out, of size bytes, is too
 * small for the result and its NUL. */
bool punycode_encode(const uint32_t *label, size_t n, char *out, size_t size)
    __attribute__((warn_unused_result));

#endif
