/* certname: compare a name in a certificate with a host name.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_CERTNAME_H
#define MXPOLICY_X509_CERTNAME_H

#include <stdbool.h>
#include <stddef.h>

/* Does the name match, as OpenSSL decides for Postfix (X509_check_host(3)
 * without partial wildcards)?  wanted is a host name, or ".example.com" for any
 * name below example.com.  "*." in the certificate stands for one label, and at
 * least two labels must follow.  Case does not matter; cert may contain any
 * byte. */
bool certname_matches(const char *cert, size_t len, const char *wanted);

#endif
