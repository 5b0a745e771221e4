/* dnslocal: names that exist only locally, by their name alone.
 * SPDX-License-Identifier: MIT */
#include "dns/dnslocal.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char *const reserved[] = {
    "alt",
    "corp",
    "home",
    "home.arpa",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localhost",
    "onion",
    "private",
    "test",
};

/* Is name equal to zone, of len bytes, or below it? */
static bool is_within(const char *name, const char *zone, size_t len)
{
	size_t n = strlen(name);

	return n >= len && strncasecmp(name + n - len, zone, len) == 0 &&
	       (n == len || name[n - len - 1] == '.');
}

const char *dnslocal_why(const char *name, const char *zones)
{
	for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
		if (is_within(name, reserved[i], strlen(reserved[i])))
			return "a private or reserved name";
	while (*zones != '\0') {
		size_t len = strcspn(zones, " \t,"), dots = 0;
		const char *zone = zones;

		zones += len + (zones[len] != '\0');
		while (dots < len && zone[dots] == '.')
			dots++;
		zone += dots;
		len -= dots;
		len -= len > 0 && zone[len - 1] == '.';
		if (len > 0 && is_within(name, zone, len))
			return "local-zones names it";
	}
	return NULL;
}
