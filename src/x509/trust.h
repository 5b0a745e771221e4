/* trust: the certificate authorities of a file, kept in memory.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_TRUST_H
#define MXPOLICY_X509_TRUST_H

#include <gnutls/x509.h>
#include "policy/reason.h"

struct trust;

/* file: certificates in PEM; "" the system's store as GnuTLS knows it.  It must
 * outlive the result.  Nothing is read yet. */
struct trust *trust_open(const char *file)
    __attribute__((warn_unused_result, returns_nonnull));

/* The version of GnuTLS that runs. */
const char *trust_library(void);

/* NULL is allowed. */
void trust_close(struct trust *t);

/* The authorities, which belong to t and are valid until the next call.  They
 * are read at the first call and again when the file was changed or replaced;
 * reading takes some milliseconds, 140 authorities and more.  NULL: the file
 * cannot be read or has none; why is set, with CAUSE_FILE. */
gnutls_x509_trust_list_t trust_list(struct trust *t, struct reason *why)
    __attribute__((warn_unused_result));

#endif
