/* cert: check certificates and keys for lookups.
 * SPDX-License-Identifier: MIT */
#include "lookup/cert.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "policy/domain.h"
#include "policy/tlsa.h"
#include "x509/crt.h"

/* In DER, with nothing after it.  A certificate with an unreadable key is
 * useless. */
static bool is_certificate(const uint8_t *der, size_t len)
{
	gnutls_x509_crt_t crt = NULL;
	gnutls_pubkey_t key;
	bool good;

	if (crt_der_length(der, len, NULL) == len)
		crt = crt_import(der, len);
	if (crt == NULL)
		return false;
	crt_need(gnutls_pubkey_init(&key));
	good = gnutls_pubkey_import_x509(key, crt, 0) >= 0;
	gnutls_pubkey_deinit(key);
	gnutls_x509_crt_deinit(crt);
	return good;
}

static bool is_public_key(const uint8_t *der, size_t len)
{
	gnutls_datum_t d = crt_datum(der, len);
	gnutls_pubkey_t key;
	bool good;

	if (crt_der_length(der, len, NULL) != len)
		return false;
	crt_need(gnutls_pubkey_init(&key));
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
		return is_certificate(
		    rdata + TLSA_DATA_OFFSET, len - TLSA_DATA_OFFSET);
	case TLSA_FULL_KEY:
		return is_public_key(
		    rdata + TLSA_DATA_OFFSET, len - TLSA_DATA_OFFSET);
	}
	return false;
}

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
	bool good;

	if (session != NULL)
		list = gnutls_certificate_get_peers(session, &n);
	if (list == NULL || n == 0) {
		reason_set(why, "the server has no certificate");
		return false;
	}
	crt = crt_import(list[0].data, list[0].size);
	if (crt == NULL) {
		reason_set(why, "the server's certificate cannot be read");
		return false;
	}
	good = is_named(crt, host, why);
	gnutls_x509_crt_deinit(crt);
	return good;
}

uint8_t *cert_der_of_pem(const char *pem, size_t *len)
{
	gnutls_datum_t text = crt_datum(pem, strlen(pem)), der;
	uint8_t *copy;

	if (gnutls_pem_base64_decode2("CERTIFICATE", &text, &der) < 0)
		return NULL;
	copy = (uint8_t *)xmemdup(der.data, der.size);
	*len = der.size;
	gnutls_free(der.data);
	return copy;
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
