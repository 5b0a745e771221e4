/* cert: check certificates and keys for lookups.
 * SPDX-License-Identifier: MIT */
#include "lookup/cert.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>
#include "base/xalloc.h"
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
