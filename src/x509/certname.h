/* certname: does a name in a certificate stand for the one that is wanted?
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_CERTNAME_H
#define MXPOLICY_X509_CERTNAME_H

#include <stdbool.h>
#include <stddef.h>

/* As OpenSSL decides for Postfix (X509_check_host(3) without partial
 * wildcards).  wanted is a host name, or ".example.com" for any name below
 * example.com.  "*." in the certificate stands for one label, and has at least
 * two labels behind it.  Case does not matter; cert may hold any byte. */
bool certname_matches(const char *cert, size_t len, const char *wanted);

#endif
