/* castore: where distributions keep the certificates of CAs.
 * SPDX-License-Identifier: MIT */
#include "verb/check/castore.h"

#include <stddef.h>
#include <unistd.h>

const char *castore_find(void)
{
	static const char *const files[] = {CASTORE_DEBIAN,
	    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		if (access(files[i], F_OK) == 0)
			return files[i];
	return NULL;
}
