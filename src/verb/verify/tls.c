/* tls: TLS as a client, on a socket that does not block.
 * SPDX-License-Identifier: MIT */
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "verb/verify/peer.h"

/* What Postfix with OpenSSL 3 comes down to: older versions need a security
 * level that it does not have. */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

/* Of one call; who sends more of it keeps us from seeing the deadline. */
#define PASSING_MAX 100

struct peer_tls {
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
};

static void need(int rc)
{
	if (rc < 0)
		exit(EX_TEMPFAIL);
}

struct peer_tls *peer_tls_open(int fd, const char *sni)
{
	struct peer_tls *t = calloc(1, sizeof *t);

	if (t == NULL)
		exit(EX_TEMPFAIL);
	need(gnutls_init(
	    &t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL));
	need(gnutls_priority_set_direct(t->session, PRIORITY, NULL));
	need(gnutls_certificate_allocate_credentials(&t->credentials));
	/* Nothing is verified here: that is for who knows the policy. */
	need(gnutls_credentials_set(
	    t->session, GNUTLS_CRD_CERTIFICATE, t->credentials));
	if (sni != NULL)
		need(gnutls_server_name_set(
		    t->session, GNUTLS_NAME_DNS, sni, strlen(sni)));
	gnutls_transport_set_int(t->session, fd);
	gnutls_handshake_set_timeout(t->session, 0);
	return t;
}

void peer_tls_close(struct peer_tls *t)
{
	if (t == NULL)
		return;
	gnutls_deinit(t->session);
	gnutls_certificate_free_credentials(t->credentials);
	free(t);
}

bool peer_tls_writes(const struct peer_tls *t)
{
	return gnutls_record_get_direction(t->session) == 1;
}

/* What is not fatal, such as a ticket for later sessions, is taken and
 * forgotten: each time something of what came is used up. */
static bool is_passing(ssize_t rc)
{
	return rc < 0 && rc != GNUTLS_E_AGAIN &&
	       gnutls_error_is_fatal((int)rc) == 0;
}

enum peer_step peer_tls_handshake(struct peer_tls *t, struct reason *why)
{
	int rc, left = PASSING_MAX;

	do
		rc = gnutls_handshake(t->session);
	while (is_passing(rc) && --left > 0);
	if (rc == GNUTLS_E_SUCCESS)
		return PEER_DONE;
	if (rc == GNUTLS_E_AGAIN)
		return PEER_AGAIN;
	if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
		reason_set(why, "the server ends the handshake: %s",
		    gnutls_alert_get_name(gnutls_alert_get(t->session)));
	else
		reason_set(why, "%s", gnutls_strerror(rc));
	return PEER_FAILED;
}

static enum peer_step outcome(ssize_t rc, size_t *n)
{
	*n = rc > 0 ? (size_t)rc : 0;
	if (rc >= 0)
		return PEER_DONE;
	return rc == GNUTLS_E_AGAIN ? PEER_AGAIN : PEER_FAILED;
}

enum peer_step peer_tls_send(
    struct peer_tls *t, const char *data, size_t len, size_t *n)
{
	ssize_t rc;

	do
		rc = gnutls_record_send(t->session, data, len);
	while (is_passing(rc));
	return outcome(rc, n);
}

enum peer_step peer_tls_receive(
    struct peer_tls *t, char *data, size_t size, size_t *n)
{
	int left = PASSING_MAX;
	ssize_t rc;

	do
		rc = gnutls_record_recv(t->session, data, size);
	while (is_passing(rc) && --left > 0);
	return outcome(rc, n);
}

void peer_of(struct peer *p, struct peer_tls *t)
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
		uint8_t *der = malloc(list[p->n].size + 1);

		if (der == NULL)
			exit(EX_TEMPFAIL);
		memcpy(der, list[p->n].data, list[p->n].size);
		p->cert[p->n].der = der;
		p->cert[p->n].len = list[p->n].size;
	}
}

void peer_clear(struct peer *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->cert[i].der);
	memset(p, 0, sizeof *p);
}
