/* cert: what lookups ask of certificates and keys.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_CERT_H
#define MXPOLICY_LOOKUP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* Is this TLSA record's data one that Postfix can use (policy/tlsa.h)?  Full
 * data has to be a certificate or a SubjectPublicKeyInfo in DER, with nothing
 * after it. */
bool cert_tlsa_is_usable(const uint8_t *rdata, size_t len);

/* Does the server's certificate name this host (lower case) as RFC 8461 3.3
 * wants it: in a dNSName, equal or with "*" as the whole left-most label?  A
 * name in the subject does not count, which GnuTLS would take, nor does "m*",
 * which it takes as well.  session: of libcurl's CURLINFO_TLS_SSL_PTR.
 * false: why says what is there instead. */
bool cert_session_names(void *session, const char *host, struct reason *why)
    __attribute__((warn_unused_result));

/* The DER of the first certificate of a PEM text, to be freed with free();
 * NULL when there is none. */
uint8_t *cert_der_of_pem(const char *pem, size_t *len)
    __attribute__((warn_unused_result));

/* "TLS 1.3"; "" when it is not known. */
const char *cert_session_version(void *session);

#endif
