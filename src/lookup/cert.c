/* cert: what is looked at in certificates and keys.  Owns <gnutls/...>.
 * SPDX-License-Identifier: MIT */
#include "lookup/cert.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include "policy/domain.h"
#include "policy/tlsa.h"

#define NAMES_MAX 10000 /* of one certificate, which the handshake bounds */

/* The length that the outermost DER element claims, with its head; 0 when it
 * is not a SEQUENCE in definite form.  GnuTLS would overlook bytes behind. */
static size_t der_length(const uint8_t *der, size_t len)
{
	size_t n, value = 0;

	if (len < 2 || der[0] != 0x30)
		return 0;
	if (der[1] < 0x80)
		return 2 + (size_t)der[1];
	n = der[1] & 0x7f;
	if (n == 0 || n > 3 || len < 2 + n)
		return 0;
	for (size_t i = 0; i < n; i++)
		value = value << 8 | der[2 + i];
	return 2 + n + value;
}

static gnutls_datum_t datum(const uint8_t *der, size_t len)
{
	/* GnuTLS does not write to what it imports. */
	gnutls_datum_t d = {.data = (unsigned char *)der, .size = len};

	return d;
}

bool cert_is_certificate(const uint8_t *der, size_t len)
{
	gnutls_datum_t d = datum(der, len);
	gnutls_x509_crt_t crt;
	gnutls_pubkey_t key;
	bool good;

	if (der_length(der, len) != len)
		return false;
	if (gnutls_x509_crt_init(&crt) < 0 || gnutls_pubkey_init(&key) < 0)
		exit(EX_TEMPFAIL);
	/* A certificate whose key cannot be read is of no use to anybody. */
	good = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) >= 0 &&
	       gnutls_pubkey_import_x509(key, crt, 0) >= 0;
	gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(crt);
	return good;
}

bool cert_is_public_key(const uint8_t *der, size_t len)
{
	gnutls_datum_t d = datum(der, len);
	gnutls_pubkey_t key;
	bool good;

	if (der_length(der, len) != len)
		return false;
	if (gnutls_pubkey_init(&key) < 0)
		exit(EX_TEMPFAIL);
	good = gnutls_pubkey_import(key, &d, GNUTLS_X509_FMT_DER) >= 0;
	gnutls_pubkey_deinit(key);
	return good;
}

bool cert_tlsa_is_usable(const uint8_t *rdata, size_t len)
{
	switch (tlsa_judge(rdata, len)) {
	case TLSA_UNUSABLE:
		return false;
	case TLSA_USABLE:
		return true;
	case TLSA_FULL_CERT:
		return cert_is_certificate(
		    rdata + TLSA_DATA_OFFSET, len - TLSA_DATA_OFFSET);
	case TLSA_FULL_KEY:
		return cert_is_public_key(
		    rdata + TLSA_DATA_OFFSET, len - TLSA_DATA_OFFSET);
	}
	return false;
}

/* One dNSName.  false also for what is no C string. */
static bool name_matches(const char *name, size_t len, const char *host)
{
	char pattern[DOMAIN_MAX + 1];

	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len == 0 || len > DOMAIN_MAX || memchr(name, '\0', len) != NULL)
		return false;
	for (size_t i = 0; i < len; i++)
		pattern[i] = name[i] >= 'A' && name[i] <= 'Z'
				 ? name[i] + 'a' - 'A'
				 : name[i];
	pattern[len] = '\0';
	return domain_match(pattern, len, host);
}

static bool crt_names(
    gnutls_x509_crt_t crt, const char *host, struct reason *why)
{
	char name[1024];
	unsigned int type;
	bool any = false;

	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		size_t size = sizeof name;
		int rc = gnutls_x509_crt_get_subject_alt_name2(
		    crt, i, name, &size, &type, NULL);

		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue; /* longer than any host name */
		if (rc < 0)
			break;
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		any = true;
		if (name_matches(name, size, host))
			return true;
	}
	reason_set(why,
	    any ? "the certificate is not for %s"
		: "the certificate has no dNSName for %s",
	    host);
	return false;
}

bool cert_session_names(void *session, const char *host, struct reason *why)
{
	const gnutls_datum_t *list = NULL;
	unsigned int n = 0;
	gnutls_x509_crt_t crt;
	bool good = false;

	if (session != NULL)
		list = gnutls_certificate_get_peers(session, &n);
	if (list == NULL || n == 0) {
		reason_set(why, "the server has no certificate");
		return false;
	}
	if (gnutls_x509_crt_init(&crt) < 0)
		exit(EX_TEMPFAIL);
	if (gnutls_x509_crt_import(crt, &list[0], GNUTLS_X509_FMT_DER) < 0)
		reason_set(why, "the server's certificate is unreadable");
	else
		good = crt_names(crt, host, why);
	gnutls_x509_crt_deinit(crt);
	return good;
}

static void list_names(gnutls_x509_crt_t crt, struct cert_text *text)
{
	char name[DOMAIN_MAX + 1];
	unsigned int type;
	size_t used = 0;

	for (unsigned int i = 0; i < NAMES_MAX; i++) {
		size_t size = sizeof name;
		int rc = gnutls_x509_crt_get_subject_alt_name2(
		    crt, i, name, &size, &type, NULL);

		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue; /* longer than any host name */
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

bool cert_describe(const char *pem, struct cert_text *text)
{
	gnutls_datum_t d = datum((const uint8_t *)pem, strlen(pem));
	size_t subject = sizeof text->subject, issuer = sizeof text->issuer;
	gnutls_x509_crt_t crt;
	bool good;

	memset(text, 0, sizeof *text);
	if (gnutls_x509_crt_init(&crt) < 0)
		exit(EX_TEMPFAIL);
	good = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) >= 0;
	if (good) {
		if (gnutls_x509_crt_get_dn(crt, text->subject, &subject) < 0)
			text->subject[0] = '\0';
		if (gnutls_x509_crt_get_issuer_dn(crt, text->issuer, &issuer) <
		    0)
			text->issuer[0] = '\0';
		list_names(crt, text);
		text->begins = gnutls_x509_crt_get_activation_time(crt);
		text->expires = gnutls_x509_crt_get_expiration_time(crt);
	}
	gnutls_x509_crt_deinit(crt);
	return good;
}

const char *cert_session_version(void *session)
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

void cert_status_text(long status, struct reason *text)
{
	static const struct {
		long bit;
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

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((status & words[i].bit) != 0 && used < sizeof list)
			used += snprintf(list + used, sizeof list - used,
			    "%s%s", used > 0 ? ", " : "", words[i].word);
	reason_set(text, "%s", list);
}
