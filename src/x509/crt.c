/* crt: certificates as GnuTLS parses them, for all who use it.
 * SPDX-License-Identifier: MIT */
#include "x509/crt.h"

#include <gnutls/gnutls.h>
#include <stdio.h>
#include "base/xalloc.h"

#define DER_SEQUENCE 0x30
#define DER_LONG 0x80	/* the length is in the next bytes */
#define DER_BYTES_MAX 3 /* of a length: 16 MiB */

void crt_need(int rc)
{
	xneed(rc >= 0);
}

gnutls_datum_t crt_datum(const void *bytes, size_t len)
{
	return (gnutls_datum_t){
	    (unsigned char *)(uintptr_t)bytes, (unsigned int)len};
}

size_t crt_der_length(const uint8_t *der, size_t len, size_t *head)
{
	size_t n = 0, value;

	if (len < 2 || der[0] != DER_SEQUENCE)
		return 0;
	value = der[1];
	if (value >= DER_LONG) {
		n = value - DER_LONG;
		value = 0;
		if (n == 0 || n > DER_BYTES_MAX || len < 2 + n)
			return 0;
	}
	for (size_t i = 0; i < n; i++)
		value = value << 8 | der[2 + i];
	if (head != NULL)
		*head = 2 + n;
	return 2 + n + value;
}

gnutls_x509_crt_t crt_import(const uint8_t *der, size_t len)
{
	gnutls_datum_t d = crt_datum(der, len);
	gnutls_x509_crt_t crt;

	crt_need(gnutls_x509_crt_init(&crt));
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) >= 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

bool crt_any_name(gnutls_x509_crt_t crt,
    bool (*is_it)(void *arg, const char *name, size_t len), void *arg,
    bool *any)
{
	char name[CRT_NAME_MAX];
	unsigned int type;

	if (any != NULL)
		*any = false;
	for (unsigned int i = 0; i < CRT_NAMES_MAX; i++) {
		size_t size = sizeof name;
		int rc = gnutls_x509_crt_get_subject_alt_name2(
		    crt, i, name, &size, &type, NULL);

		if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;
		if (rc < 0)
			break;
		if (type != GNUTLS_SAN_DNSNAME)
			continue;
		if (any != NULL)
			*any = true;
		if (is_it(arg, name, size))
			return true;
	}
	return false;
}

void crt_status_text(unsigned int status, struct reason *text)
{
	static const struct {
		unsigned int bit;
		const char *word;
	} words[] = {
	    {GNUTLS_CERT_REVOKED, "revoked"},
	    {GNUTLS_CERT_SIGNER_NOT_FOUND, "issuer not trusted"},
	    {GNUTLS_CERT_SIGNER_NOT_CA, "issuer is not a CA"},
	    {GNUTLS_CERT_INSECURE_ALGORITHM, "insecure algorithm"},
	    {GNUTLS_CERT_NOT_ACTIVATED, "not yet valid"},
	    {GNUTLS_CERT_EXPIRED, "expired"},
	    {GNUTLS_CERT_SIGNATURE_FAILURE, "wrong signature"},
	    {GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, "constraints violated"},
	    {GNUTLS_CERT_PURPOSE_MISMATCH, "not for servers"},
	    {GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, "unknown critical extension"},
	};
	char list[REASON_MAX + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if ((status & words[i].bit) != 0 && used < sizeof list)
			used +=
			    (size_t)snprintf(list + used, sizeof list - used,
				"%s%s", used > 0 ? ", " : "", words[i].word);
	reason_set(text, "%s", list);
}
