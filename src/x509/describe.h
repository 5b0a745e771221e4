/* describe: a certificate in words, for people.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_DESCRIBE_H
#define MXPOLICY_X509_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing is cut or made printable, except that NUL becomes "?". */
struct description {
	char *subject, *issuer; /* RFC 4514, UTF-8; "" if there is none */
	size_t n_names;
	char **name;		 /* dNSNames; x509/crt.h has the bounds */
	int64_t begins, expires; /* seconds since the epoch */
};

/* false: the certificate is malformed, and d is empty.  d must be freed by
 * describe_clear() in either case. */
bool describe_certificate(struct description *d, const uint8_t *der, size_t len)
    __attribute__((warn_unused_result));

void describe_clear(struct description *d);

#endif
