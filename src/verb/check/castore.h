/* castore: where distributions keep the certificates of CAs.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_CASTORE_H
#define MXPOLICY_VERB_CHECK_CASTORE_H

#define CASTORE_DEBIAN "/etc/ssl/certs/ca-certificates.crt"

/* The system's bundle, NULL where there is none. */
const char *castore_find(void);

#endif
