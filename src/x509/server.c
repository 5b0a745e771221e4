/* server: is the other side of a TLS connection the server that we want?
 * SPDX-License-Identifier: MIT */
#include "x509/server.h"

#include <gnutls/gnutls.h>
#include <stdint.h>
#include <string.h>
#include "base/ascii.h"
#include "policy/domain.h"
#include "x509/crt.h"
#include "x509/staple.h"

#define OID_MAX 128 /* of an extended key usage, as text */
#define CAUSE CAUSE_HTTPS_CERTIFICATE
/* The profile that is part of "NORMAL", libcurl's priority string. */
#define VERIFY_FLAGS                                                           \
	((unsigned int)GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_LOW))

/* ---- the name ---- */

/* Does a dNSName match a host name?  false also if it contains a NUL. */
static bool is_for(void *arg, const char *name, size_t len)
{
	char pattern[DOMAIN_MAX + 1];

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_MAX || memchr(name, '\0', len) != NULL)
		return false;
	ascii_fold(pattern, name, len);
	pattern[len] = '\0';
	return domain_match(pattern, len, arg);
}

static bool is_named(
    gnutls_x509_crt_t crt, const char *host, struct reason *why)
{
	bool any;

	if (crt_any_name(crt, is_for, (void *)(uintptr_t)host, &any))
		return true;
	reason_fail(why, CAUSE,
	    any ? "it is not for %s" : "it has no dNSName for %s", host);
	return false;
}

/* ---- the purpose ---- */

/* GnuTLS would refuse an intermediate for any purpose, so it is not asked. */
static bool is_for_servers(gnutls_x509_crt_t crt)
{
	for (unsigned int i = 0;; i++) {
		char oid[OID_MAX];
		size_t size = sizeof oid;
		int rc = gnutls_x509_crt_get_key_purpose_oid(
		    crt, i, oid, &size, NULL);

		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (rc < 0) /* the end; if it is the first there is no list */
			return i == 0 &&
			       rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
		if (strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0 ||
		    strcmp(oid, GNUTLS_KP_ANY) == 0)
			return true;
	}
}

/* GnuTLS passes nothing on to its callback; there is one chain at a time. */
static bool all_for_servers;

/* Called for each certificate on the way to the authority.  What the server has
 * sent beside them does not matter. */
static int on_verified(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer,
    gnutls_x509_crl_t crl, unsigned int status)
{
	(void)issuer;
	(void)status;
	if (crl == NULL && !is_for_servers(crt))
		all_for_servers = false;
	return 0;
}

/* ---- the chain ---- */

static bool is_verified(gnutls_x509_trust_list_t authorities,
    gnutls_x509_crt_t *chain, unsigned int n, struct reason *why)
{
	gnutls_x509_crt_t sorted[SERVER_CHAIN_MAX];
	unsigned int status = 0;
	struct reason words;
	int rc;

	memcpy(sorted, chain, n * sizeof *sorted); /* GnuTLS may sort them */
	all_for_servers = is_for_servers(chain[0]);
	rc = gnutls_x509_trust_list_verify_crt2(authorities, sorted, n, NULL, 0,
	    VERIFY_FLAGS, &status, on_verified);
	if (rc < 0) {
		reason_fail(why, CAUSE, "%s", gnutls_strerror(rc));
		return false;
	}
	if (!all_for_servers)
		status |= GNUTLS_CERT_PURPOSE_MISMATCH;
	if (status == 0)
		return true;
	crt_status_text(status, &words);
	reason_fail(why, CAUSE, "%s",
	    words.text[0] != '\0' ? words.text : "not trusted");
	return false;
}

static bool is_good_chain(const struct server_question *q,
    gnutls_x509_crt_t *chain, unsigned int n, struct reason *why)
{
	gnutls_x509_trust_list_t authorities = trust_list(q->trust, why);
	const struct staple_question staple = {
	    .session = q->session,
	    .authorities = authorities,
	    .chain = chain,
	    .n = n,
	    .asked = q->asked_for_staple,
	};

	return authorities != NULL && is_verified(authorities, chain, n, why) &&
	       is_named(chain[0], q->host, why) && staple_allows(&staple, why);
}

/* What the server has sent, at most SERVER_CHAIN_MAX of them.  Returns how many
 * there are. */
static size_t sent_by(const struct server_question *q,
    gnutls_datum_t sent[static SERVER_CHAIN_MAX])
{
	const gnutls_datum_t *peers = NULL;
	unsigned int n = 0;

	if (q->session == NULL) {
		for (size_t i = 0; i < q->n_sent && i < SERVER_CHAIN_MAX; i++)
			sent[i] = crt_datum(q->sent[i].der, q->sent[i].len);
		return q->n_sent;
	}
	if (gnutls_certificate_type_get2(q->session, GNUTLS_CTYPE_PEERS) ==
	    GNUTLS_CRT_X509)
		peers = gnutls_certificate_get_peers(q->session, &n);
	if (peers == NULL)
		return 0;
	for (size_t i = 0; i < n && i < SERVER_CHAIN_MAX; i++)
		sent[i] = peers[i];
	return n;
}

bool server_is_trusted(const struct server_question *q, struct reason *why)
{
	gnutls_x509_crt_t chain[SERVER_CHAIN_MAX];
	gnutls_datum_t sent[SERVER_CHAIN_MAX];
	size_t sent_n = sent_by(q, sent);
	unsigned int n = 0;
	bool good = false;

	if (sent_n == 0) {
		reason_fail(why, CAUSE, "the server has none");
		return false;
	}
	if (sent_n > SERVER_CHAIN_MAX) {
		reason_fail(
		    why, CAUSE, "more than %d in the chain", SERVER_CHAIN_MAX);
		return false;
	}
	while (n < sent_n) {
		chain[n] = crt_import(sent[n].data, sent[n].size);
		if (chain[n] == NULL)
			break;
		n++;
	}
	if (n < sent_n)
		reason_fail(why, CAUSE, "it cannot be read");
	else
		good = is_good_chain(q, chain, n, why);
	while (n > 0)
		gnutls_x509_crt_deinit(chain[--n]);
	return good;
}

const char *server_tls_version(void *session)
{
	if (session == NULL)
		return "";
	switch ((int)gnutls_protocol_get_version(session)) {
	case GNUTLS_TLS1_2:
		return "TLS 1.2";
	case GNUTLS_TLS1_3:
		return "TLS 1.3";
	}
	return "";
}
