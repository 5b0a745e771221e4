/* httpsnote: notes about an HTTPS exchange.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSNOTE_H
#define MXPOLICY_LOOKUP_HTTPSNOTE_H

#include <stddef.h>
#include <stdint.h>
#include "lookup/notes.h"

/* Put the notes of an exchange that has ended, and of its certificates.  easy:
 * its CURL handle, with CURLOPT_CERTINFO; tls: "TLS 1.3", or "" if it is not
 * known; bytes: of the body. */
void httpsnote_exchange(const struct notes *to, void *easy, const char *host,
    const char *tls, size_t bytes);

/* Call one() for each certificate that the server has sent, its own first, in
 * DER; der is NULL for one that is unreadable, and belongs to the caller. */
void httpsnote_each_cert(void *easy,
    void (*one)(void *arg, size_t place, uint8_t *der, size_t len), void *arg);

#endif
