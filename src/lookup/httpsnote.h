/* httpsnote: what an HTTPS exchange looked like, as notes.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSNOTE_H
#define MXPOLICY_LOOKUP_HTTPSNOTE_H

#include <stddef.h>
#include "lookup/notes.h"

/* The notes of an exchange that is over, and of its certificates.  easy: its
 * CURL handle, made with CURLOPT_CERTINFO; tls: "TLS 1.3" or "" when it is not
 * known; bytes of the body. */
void httpsnote_exchange(const struct notes *to, void *easy, const char *host,
    const char *tls, size_t bytes);

#endif
