/* httpsconf: what resolve was told of HTTPS.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSCONF_H
#define MXPOLICY_LOOKUP_HTTPSCONF_H

#include <stdint.h>

struct https_config {
	const char *ca_file; /* "" the system's store */
	const char *proxy;   /* "" none; the environment does not matter */
	uint32_t timeout;    /* seconds for all of it, DNS included */
};

#endif
