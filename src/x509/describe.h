/* describe: a certificate in words, for people.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_X509_DESCRIBE_H
#define MXPOLICY_X509_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What strangers wrote into it is whole, and not made printable but for NUL,
 * which becomes "?". */
struct description {
	char *subject, *issuer; /* RFC 4514, UTF-8; "" when there is none */
	size_t n_names;
	char **name;		 /* its dNSNames (x509/crt.h for the bounds) */
	int64_t begins, expires; /* seconds since the epoch */
};

/* false: the certificate cannot be read, and d is empty.  d is to be freed by
 * describe_clear() in either case. */
bool describe_certificate(struct description *d, const uint8_t *der, size_t len)
    __attribute__((warn_unused_result));

void describe_clear(struct description *d);

#endif
