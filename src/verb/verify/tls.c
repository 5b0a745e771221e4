/* tls: a TLS client on a non-blocking socket.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/tls.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "x509/crt.h"

/* As Postfix with OpenSSL 3: older versions need a lower security level than
 * its default; and in its order, in which GnuTLS would prefer RSA.  The ways to
 * exchange keys are for TLS 1.2. */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:-SIGN-ALL"
#define ECDSA                                                                  \
	":+ECDHE-ECDSA:+SIGN-ECDSA-SECP256R1-SHA256"                           \
	":+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SECP521R1-SHA512"           \
	":+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SHA384:+SIGN-ECDSA-SHA512"            \
	":+SIGN-EDDSA-ED25519:+SIGN-EDDSA-ED448"
#define RSA                                                                    \
	":+ECDHE-RSA:+DHE-RSA:+RSA:+SIGN-RSA-PSS-SHA256:+SIGN-RSA-PSS-SHA384"  \
	":+SIGN-RSA-PSS-SHA512:+SIGN-RSA-PSS-RSAE-SHA256"                      \
	":+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-RSAE-SHA512"                 \
	":+SIGN-RSA-SHA256:+SIGN-RSA-SHA384:+SIGN-RSA-SHA512"
static const char *const priorities[] = {
    [TLS_KEYS_ALL] = PRIORITY ECDSA RSA,
    [TLS_KEYS_ECDSA] = PRIORITY ECDSA,
    [TLS_KEYS_RSA] = PRIORITY RSA,
};

/* In one call, so that a peer cannot make us miss the deadline. */
#define PASSING_MAX 100

struct tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

struct tls *tls_open(int fd, const char *sni, enum tls_keys keys)
{
	struct tls *t = xcalloc(1, sizeof *t);

	crt_need(gnutls_init(
	    &t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL));
	crt_need(
	    gnutls_priority_set_direct(t->session, priorities[keys], NULL));
	crt_need(gnutls_certificate_allocate_credentials(&t->credentials));
	/* Nothing is verified here: our caller knows the policy. */
	crt_need(gnutls_credentials_set(
	    t->session, GNUTLS_CRD_CERTIFICATE, t->credentials));
	if (sni != NULL)
		crt_need(gnutls_server_name_set(
		    t->session, GNUTLS_NAME_DNS, sni, strlen(sni)));
	gnutls_transport_set_int(t->session, fd);
	gnutls_handshake_set_timeout(t->session, 0);
	return t;
}

void tls_close(struct tls *t)
{
	if (t == NULL)
		return;
	gnutls_deinit(t->session);
	gnutls_certificate_free_credentials(t->credentials);
	free(t);
}

bool tls_writes(const struct tls *t)
{
	return gnutls_record_get_direction(t->session) == 1;
}

/* Ignore what is not fatal, such as a ticket for later sessions.  Each call
 * consumes some of the input. */
static bool is_passing(ssize_t rc)
{
	return rc < 0 && rc != GNUTLS_E_AGAIN &&
	       gnutls_error_is_fatal((int)rc) == 0;
}

enum tls_step tls_handshake(struct tls *t, struct reason *why)
{
	int rc, left = PASSING_MAX;

	do
		rc = gnutls_handshake(t->session);
	while (is_passing(rc) && --left > 0);
	if (rc == GNUTLS_E_SUCCESS)
		return TLS_DONE;
	if (rc == GNUTLS_E_AGAIN)
		return TLS_AGAIN;
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		reason_set(why, "the server ends the handshake: %s",
		    gnutls_alert_get_name(gnutls_alert_get(t->session)));
	else
		reason_set(why, "%s", gnutls_strerror(rc));
	return TLS_FAILED;
}

static enum tls_step outcome(ssize_t rc, size_t *n)
{
	*n = rc > 0 ? (size_t)rc : 0;
	if (rc >= 0)
		return TLS_DONE;
	return rc == GNUTLS_E_AGAIN ? TLS_AGAIN : TLS_FAILED;
}

enum tls_step tls_send(struct tls *t, const char *data, size_t len, size_t *n)
{
	ssize_t rc;

	do
		rc = gnutls_record_send(t->session, data, len);
	while (is_passing(rc));
	return outcome(rc, n);
}

enum tls_step tls_receive(struct tls *t, char *data, size_t size, size_t *n)
{
	int left = PASSING_MAX;
	ssize_t rc;

	do
		rc = gnutls_record_recv(t->session, data, size);
	while (is_passing(rc) && --left > 0);
	return outcome(rc, n);
}

void tls_get_peer(const struct tls *t, struct peer *p)
{
	unsigned int n = 0;
	const gnutls_datum_t *list =
	    gnutls_certificate_get_peers(t->session, &n);
	gnutls_protocol_t version = gnutls_protocol_get_version(t->session);
	const char *cipher = gnutls_ciphersuite_get(t->session);

	memset(p, 0, sizeof *p);
	snprintf(p->version, sizeof p->version, "%s",
	    version == GNUTLS_TLS1_3 ? "TLS 1.3" : "TLS 1.2");
	snprintf(
	    p->cipher, sizeof p->cipher, "%s", cipher != NULL ? cipher : "?");
	for (; list != NULL && p->n < n && p->n < PEER_CHAIN_MAX; p->n++) {
		p->cert[p->n].der =
		    (uint8_t *)xmemdup(list[p->n].data, list[p->n].size);
		p->cert[p->n].len = list[p->n].size;
	}
}
