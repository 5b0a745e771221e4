/* anchor: where distributions keep the trust anchor of the root zone.
 * SPDX-License-Identifier: MIT */
#include "policy/anchor.h"

#include <stddef.h>

const char *const anchor_files[] = {
    /* What this machine keeps up to date itself (RFC 5011)... */
    "/etc/unbound/root.key",
    "/var/lib/unbound/root.key",
    /* ...before what came in a package. */
    "/usr/share/dns/root.key",		      /* Debian, dns-root-data */
    "/usr/share/dnssec-root/trusted-key.key", /* Alpine, Arch */
    NULL,
};
