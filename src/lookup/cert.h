/* cert: check certificates and keys for lookups.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_CERT_H
#define MXPOLICY_LOOKUP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Can Postfix use this TLSA record (policy/tlsa.h)?  Full data must be a
 * certificate or SubjectPublicKeyInfo in DER, with nothing after it. */
bool cert_tlsa_is_usable(const uint8_t *rdata, size_t len);

/* The DER of the first certificate of a PEM text, to be freed by the caller;
 * NULL if there is none. */
uint8_t *cert_der_of_pem(const char *pem, size_t *len)
    __attribute__((warn_unused_result));

#endif
