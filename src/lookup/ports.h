/* ports: the TCP ports that lookups go to.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_PORTS_H
#define MXPOLICY_LOOKUP_PORTS_H

#include <stddef.h>
#include <stdint.h>
#include "dns/dnsconf.h"

#define PORTS_MAX (DNSCONF_SERVERS_MAX + 3)

/* Those of the name servers, of DNS, of HTTPS and of the proxy ("" none); what
 * is no setting is left out.  Returns how many.  Reads resolv.conf. */
size_t ports_wanted(
    const char *resolver, const char *proxy, uint16_t ports[static PORTS_MAX]);

#endif
