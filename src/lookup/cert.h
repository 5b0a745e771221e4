/* cert: check certificates and keys for lookups.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_CERT_H
#define MXPOLICY_LOOKUP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* Can Postfix use this TLSA record (policy/tlsa.h)?  Full data must be a
 * certificate or SubjectPublicKeyInfo in DER, with nothing after it. */
bool cert_tlsa_is_usable(const uint8_t *rdata, size_t len);

/* Does the server's certificate name this host (lower case) as RFC 8461 3.3
 * requires: in a dNSName, equal or with "*" as the whole left-most label?  A
 * name in the subject does not count, nor does "m*"; GnuTLS would accept both.
 * session: from libcurl's CURLINFO_TLS_SSL_PTR.  false: why is set. */
bool cert_session_names(void *session, const char *host, struct reason *why)
    __attribute__((warn_unused_result));

/* The DER of the first certificate of a PEM text, to be freed by the caller;
 * NULL if there is none. */
uint8_t *cert_der_of_pem(const char *pem, size_t *len)
    __attribute__((warn_unused_result));

/* "TLS 1.3"; "" if it is not known. */
const char *cert_session_version(void *session);

#endif
