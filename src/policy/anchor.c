/* anchor: where distributions keep the trust anchor of the root zone.
 * SPDX-License-Identifier: MIT */
#include "policy/anchor.h"

#include <stddef.h>

const char *const anchor_files[] = {
    "/usr/share/dns/root.key",		      /* Debian, dns-root-data */
    "/usr/share/dnssec-root/trusted-key.key", /* Alpine, Arch */
    "/etc/unbound/root.key",
    "/var/lib/unbound/root.key",
    NULL,
};
