/* staple: what a TLS server says of its certificate by OCSP (RFC 6066 8).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_STAPLE_H
#define MXPOLICY_X509_STAPLE_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"

struct staple_question {
	gnutls_session_t session; /* NULL: nothing was asked or sent */
	gnutls_x509_trust_list_t authorities;
	gnutls_x509_crt_t *chain; /* as sent, the server's own first; n > 0 */
	size_t n;
	bool asked; /* our hello asked for a staple */
};

/* May the certificate be used?  Not if an authority has signed that it is
 * revoked, which does not expire.  A staple that is old, malformed, not signed
 * by the issuer or about another certificate says nothing and is ignored, as if
 * there were none, unless the certificate demands one (RFC 7633) and we have
 * asked for it.  false: why is set. */
bool staple_allows(const struct staple_question *q, struct reason *why)
    __attribute__((warn_unused_result));

#endif
