/* ports: the TCP ports that lookups go to.
 * SPDX-License-Identifier: MIT */
#include "lookup/ports.h"

#include <stdlib.h>
#include <string.h>
#include "lookup/httpsxfer.h"

#define PORT_DNS                                                               \
	53 /* from the root, too, when the name servers are of no use */
#define PORT_HTTPS 443

static size_t add(uint16_t *ports, size_t n, unsigned long port)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return n;
	if (port == 0 || port > UINT16_MAX)
		return n;
	ports[n] = (uint16_t)port;
	return n + 1;
}

size_t ports_wanted(
    const char *resolver, const char *proxy, uint16_t ports[static PORTS_MAX])
{
	char host[HTTPSXFER_HOST_MAX + 1], port[HTTPSXFER_PORT_MAX + 1] = "";
	static struct dnsconf servers;
	struct reason why;
	size_t n = 0;

	if (resolver[0] == '\0')
		dnsconf_read_system(&servers);
	else if (!dnsconf_parse(&servers, resolver, &why))
		servers.n = 0;
	n = add(ports, n, PORT_DNS);
	n = add(ports, n, PORT_HTTPS);
	for (size_t i = 0; i < servers.n; i++) {
		const char *at = strchr(servers.server[i], '@');

		n = add(ports, n,
		    at != NULL ? strtoul(at + 1, NULL, 10) : PORT_DNS);
	}
	if (proxy[0] != '\0') {
		(void)httpsxfer_split_proxy(proxy, host, port);
		n = add(ports, n, strtoul(port, NULL, 10));
	}
	return n;
}
