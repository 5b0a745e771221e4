/* crt: certificates as GnuTLS parses them, for all who use it.
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

/* Longer dNSNames are ignored: no host name is as long. */
#define CRT_NAME_MAX 1024
/* More dNSNames of one certificate are ignored. */
#define CRT_NAMES_MAX 10000

/* rc is the result of a GnuTLS function that only allocates: if it is below 0,
 * the program ends (EX_TEMPFAIL). */
void crt_need(int rc);

/* For GnuTLS functions that only read. */
gnutls_datum_t crt_datum(const void *bytes, size_t len);

/* The length of the outermost DER element including its head, as the head says;
 * *head (may be NULL) is the length of the head.  0: it is not a SEQUENCE in
 * definite form, or the head is incomplete.  GnuTLS ignores bytes after the
 * element. */
size_t crt_der_length(const uint8_t *der, size_t len, size_t *head);

/* Parse one certificate, to be freed by gnutls_x509_crt_deinit(); NULL if it is
 * malformed. */
gnutls_x509_crt_t crt_import(const uint8_t *der, size_t len);

/* Call is_it for each dNSName, which may contain any byte, until it returns
 * true: then the result is true.  *any (may be NULL): there is a dNSName. */
bool crt_any_name(gnutls_x509_crt_t crt,
    bool (*is_it)(void *arg, const char *name, size_t len), void *arg,
    bool *any);

/* Put the GNUTLS_CERT_* bits, which say why a chain is not valid, into words
 * with commas between them; "" for none that is known. */
void crt_status_text(unsigned int status, struct reason *text);

#endif
