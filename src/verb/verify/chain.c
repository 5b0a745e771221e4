/* chain: what a mail host's certificates are worth.
 * SPDX-License-Identifier: MIT */
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "policy/certname.h"
#include "verb/verify/chain.h"

#define NAMES_MAX 10000 /* of one certificate, which the handshake bounds */
#define NAME_MAX 1024

void peercert_need(int rc)
{
	if (rc < 0)
		exit(EX_TEMPFAIL);
}

gnutls_datum_t peercert_datum(const uint8_t *der, size_t len)
{
	return (gnutls_datum_t){(unsigned char *)der, (unsigned int)len};
}

gnutls_x509_crt_t peercert_import(const uint8_t *der, size_t len)
{
	gnutls_datum_t d = peercert_datum(der, len);
	gnutls_x509_crt_t crt;

	peercert_need(gnutls_x509_crt_init(&crt));
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) >= 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

void peercert_init(struct peercert_chain *c, const struct peer *p)
{
	for (c->n = 0; c->n < p->n; c->n++) {
		c->crt[c->n] =
		    peercert_import(p->cert[c->n].der, p->cert[c->n].len);
		if (c->crt[c->n] == NULL)
			return;
	}
}

void peercert_clear(struct peercert_chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		gnutls_x509_crt_deinit(c->crt[i]);
}

/* ---- names ---- */

static bool is_wanted(
    const char *name, size_t len, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++)
		if (certname_matches(name, len, names[i]))
			return true;
	return false;
}

/* The common name counts only without any dNSName, as for OpenSSL. */
static bool has_name(
    gnutls_x509_crt_t crt, const char *const *names, size_t n_names)
{
	char name[NAME_MAX];
	bool any = false;
	size_t size;

	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		unsigned int type;
		int rc;

		size = sizeof name;
		rc = gnutls_x509_crt_get_subject_alt_name2(
		    crt, i, name, &size, &type, NULL);
		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue; /* longer than any host name */
		if (rc < 0)
			break;
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		any = true;
		if (is_wanted(name, size, names, n_names))
			return true;
	}
	size = sizeof name;
	return !any &&
	       gnutls_x509_crt_get_dn_by_oid(
		   crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) >= 0 &&
	       is_wanted(name, size, names, n_names);
}

static void list_names(gnutls_x509_crt_t crt, struct peer_text *text)
{
	char name[NAME_MAX];
	unsigned int type;
	size_t used = 0;

	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		size_t size = sizeof name;
		int rc = gnutls_x509_crt_get_subject_alt_name2(
		    crt, i, name, &size, &type, NULL);

		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (rc < 0)
			break;
		if (type != GNUTLS_SAN_DNSNAME ||
		    size + 2 > sizeof text->names - used)
			continue;
		used += (size_t)snprintf(text->names + used,
		    sizeof text->names - used, "%s%.*s", used > 0 ? " " : "",
		    (int)size, name);
	}
}

bool peer_describe(const struct peer *p, size_t i, struct peer_text *text)
{
	size_t subject = sizeof text->subject, issuer = sizeof text->issuer;
	gnutls_x509_crt_t crt = peercert_import(p->cert[i].der, p->cert[i].len);

	memset(text, 0, sizeof *text);
	if (crt == NULL)
		return false;
	if (gnutls_x509_crt_get_dn(crt, text->subject, &subject) < 0)
		text->subject[0] = '\0';
	if (gnutls_x509_crt_get_issuer_dn(crt, text->issuer, &issuer) < 0)
		text->issuer[0] = '\0';
	list_names(crt, text);
	text->begins = gnutls_x509_crt_get_activation_time(crt);
	text->expires = gnutls_x509_crt_get_expiration_time(crt);
	gnutls_x509_crt_deinit(crt);
	return true;
}

/* ---- chains ---- */

struct peer_store {
	gnutls_x509_trust_list_t list;
};

struct peer_store *peer_store_open(const char *file, struct reason *why)
{
	struct peer_store *s = calloc(1, sizeof *s);
	int rc;

	if (s == NULL)
		exit(EX_TEMPFAIL);
	peercert_need(gnutls_x509_trust_list_init(&s->list, 0));
	if (file[0] != '\0')
		rc = gnutls_x509_trust_list_add_trust_file(
		    s->list, file, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	else
		rc = gnutls_x509_trust_list_add_system_trust(s->list, 0, 0);
	if (rc > 0)
		return s;
	if (rc == 0)
		reason_set(why, "no certificate authority in it");
	else
		reason_set(why, "%s", gnutls_strerror(rc));
	peer_store_close(s);
	return NULL;
}

void peer_store_close(struct peer_store *s)
{
	if (s == NULL)
		return;
	gnutls_x509_trust_list_deinit(s->list, 1);
	free(s);
}

static void status_text(unsigned int status, struct reason *why)
{
	static const struct {
		unsigned int bit;
		const char *word;
	} words[] = {
	    {GNUTLS_CERT_REVOKED, "revoked"},
	    {GNUTLS_CERT_SIGNER_NOT_FOUND, "issuer not trusted"},
	    {GNUTLS_CERT_SIGNER_NOT_CA, "issuer is no CA"},
	    {GNUTLS_CERT_INSECURE_ALGORITHM, "insecure algorithm"},
	    {GNUTLS_CERT_NOT_ACTIVATED, "not yet valid"},
	    {GNUTLS_CERT_EXPIRED, "expired"},
	    {GNUTLS_CERT_SIGNATURE_FAILURE, "wrong signature"},
	    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "constraints violated"},
	    {GNUTLS_CERT_PURPOSE_MISMATCH, "not for servers"},
	};
	char list[REASON_MAX + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((status & words[i].bit) != 0 && used < sizeof list)
			used +=
			    (size_t)snprintf(list + used, sizeof list - used,
				"%s%s", used > 0 ? ", " : "", words[i].word);
	reason_set(why, "%s", used > 0 ? list : "not trusted");
}

bool peercert_is_chained(const struct peercert_chain *c,
    gnutls_x509_trust_list_t list, struct reason *why)
{
	gnutls_typed_vdata_st purpose = {.type = GNUTLS_DT_KEY_PURPOSE_OID,
	    .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER};
	gnutls_x509_crt_t crt[PEER_CHAIN_MAX];
	unsigned int status = 0;
	int rc;

	memcpy(crt, c->crt, sizeof crt[0] * c->n);
	rc = gnutls_x509_trust_list_verify_crt2(
	    list, crt, (unsigned int)c->n, &purpose, 1, 0, &status, NULL);
	if (rc < 0)
		reason_set(why, "%s", gnutls_strerror(rc));
	else if (status != 0)
		status_text(status, why);
	return rc >= 0 && status == 0;
}

enum peer_trust peercert_judge_name(const struct peercert_chain *c,
    const char *const *names, size_t n_names, struct reason *why)
{
	if (has_name(c->crt[0], names, n_names))
		return PEER_VERIFIED;
	reason_set(why, "the certificate is not for %s%s",
	    n_names > 0 ? names[0] : "any name",
	    n_names > 1 ? " nor another name that is accepted" : "");
	return PEER_TRUSTED;
}

enum peer_trust peer_check_pkix(const struct peer *p,
    const struct peer_store *s, const char *const *names, size_t n_names,
    struct reason *why)
{
	enum peer_trust trust = PEER_UNTRUSTED;
	struct peercert_chain c;

	if (p->n == 0)
		return PEER_ANONYMOUS;
	peercert_init(&c, p);
	if (c.n == 0)
		reason_set(why, "the certificate cannot be read");
	else if (peercert_is_chained(&c, s->list, why))
		trust = peercert_judge_name(&c, names, n_names, why);
	peercert_clear(&c);
	return trust;
}
