/* cert: what is looked at in certificates and keys.  Owns <gnutls/...> in
 * `resolve`.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_CERT_H
#define MXPOLICY_LOOKUP_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* Is this a certificate, or a SubjectPublicKeyInfo, in DER and nothing
 * besides?  For TLSA records with full data. */
bool cert_is_certificate(const uint8_t *der, size_t len);
bool cert_is_public_key(const uint8_t *der, size_t len);

/* Is this TLSA record's data one that Postfix can use (policy/tlsa.h), full
 * certificates and keys included? */
bool cert_tlsa_is_usable(const uint8_t *rdata, size_t len);

/* Does the server's certificate name this host (lower case) as RFC 8461 3.3
 * wants it: in a dNSName, equal or with "*" as the whole left-most label?  A
 * name in the subject does not count, which GnuTLS would take, nor does "m*",
 * which it takes as well.  session: of libcurl's CURLINFO_TLS_SSL_PTR.
 * false: why says what is there instead. */
bool cert_session_names(void *session, const char *host, struct reason *why)
    __attribute__((warn_unused_result));

/* A certificate for people; what is too long is cut. */
struct cert_text {
	char subject[256], issuer[256]; /* RFC 4514 */
	char names[1024];		/* its dNSNames, by blanks */
	int64_t begins, expires;	/* seconds since the epoch */
};
/* false: pem (NUL-terminated) holds no readable certificate. */
bool cert_describe(const char *pem, struct cert_text *text)
    __attribute__((warn_unused_result));

/* "TLS 1.3"; "" when it is not known. */
const char *cert_session_version(void *session);

/* The bits with which GnuTLS says why a chain does not verify, in words;
 * "" for none. */
void cert_status_text(long status, struct reason *text);

#endif
