/* server: is the other side of a TLS connection the server that we want?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_SERVER_H
#define MXPOLICY_X509_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"
#include "x509/trust.h"

/* More certificates of a chain than this are refused. */
#define SERVER_CHAIN_MAX 16

/* A certificate in DER. */
struct server_sent {
	const uint8_t *der;
	size_t len;
};

struct server_question {
	void *session; /* gnutls_session_t after the handshake; NULL: none */
	/* Without a session: what the server has sent, its own first. */
	const struct server_sent *sent;
	size_t n_sent;
	struct trust *trust;
	const char *host; /* lower case */
	bool asked_for_staple;
};

/* The certificates lead to a trusted authority; each is in force; the server's
 * own and those between it and the authority may be used for TLS servers
 * (extended key usage serverAuth, any, or none at all); no OCSP staple forbids
 * it (x509/staple.h); and the server's own has a dNSName that is equal to host,
 * or with "*" as its whole left-most label (RFC 8461 3.3).  The subject does
 * not count, nor does "m*", nor an iPAddress.
 * false: why is set, with CAUSE_HTTPS_CERTIFICATE, or with CAUSE_FILE if the
 * authorities cannot be read. */
bool server_is_trusted(const struct server_question *q, struct reason *why)
    __attribute__((warn_unused_result));

/* "TLS 1.3"; "" if it is not known. */
const char *server_tls_version(void *session);

#endif
