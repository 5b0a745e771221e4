/* httpsconf: the settings of resolve for HTTPS.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSCONF_H
#define MXPOLICY_LOOKUP_HTTPSCONF_H

#include <stdbool.h>
#include <stdint.h>

struct https_config {
	const char *ca_file; /* "" the system's store */
	const char *proxy;   /* "" none; the environment is ignored */
	uint32_t timeout;    /* seconds in all, including DNS */
	bool reserved;	     /* fetch from reserved addresses as well */
};

#endif
