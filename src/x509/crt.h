/* crt: certificates as GnuTLS reads them: what is done with them in more than
 * one place.
 * SPDX-License-Identifier: MIT
 *
 * For the files that own GnuTLS: this room, lookup/cert.c and verb/verify. */
#ifndef MXPOLICY_X509_CRT_H
#define MXPOLICY_X509_CRT_H

#include <gnutls/x509.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

/* A dNSName is handed out up to this length; longer ones are left out, since
 * no host name is as long. */
#define CRT_NAME_MAX 1024
/* dNSNames of one certificate that are looked at; the handshake bounds the
 * certificate. */
#define CRT_NAMES_MAX 10000

/* What a call of GnuTLS that only allocates returned: below 0 the program ends
 * (EX_TEMPFAIL). */
void crt_need(int rc);

/* For GnuTLS, which does not write to what it imports. */
gnutls_datum_t crt_datum(const void *bytes, size_t len);

/* The length that the outermost DER element claims, with its head, whose own
 * length goes to *head (which may be NULL); 0 when it is not a SEQUENCE in
 * definite form, or its head is cut.  GnuTLS overlooks bytes after it. */
size_t crt_der_length(const uint8_t *der, size_t len, size_t *head);

/* One certificate, to be freed with gnutls_x509_crt_deinit(); NULL when it
 * cannot be read. */
gnutls_x509_crt_t crt_import(const uint8_t *der, size_t len);

/* Call is_it for each dNSName, of 0 to CRT_NAME_MAX bytes of any value, until
 * it returns true: then the result is true.  *any (may be NULL): there was a
 * dNSName. */
bool crt_any_name(gnutls_x509_crt_t crt,
    bool (*is_it)(void *arg, const char *name, size_t len), void *arg,
    bool *any);

/* The bits GNUTLS_CERT_* that say why a chain does not verify, in words with
 * commas between them; "" for none. */
void crt_status_text(unsigned int status, struct reason *text);

#endif
