/* fuzz domain: any key is refused, or has a canonical key that means the same.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "policy/domain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key[DOMAIN_KEY_MAX + 1], key2[DOMAIN_KEY_MAX + 1];
	struct domain d, again;
	size_t len;

	domain_parse(&d, (const char *)data, size);
	if (d.kind == DOMAIN_REFUSED)
		return 0;
	MUST(size > 0 && data[0] != '.');
	MUST(d.utf8 == !domain_is_hostname(d.name, strlen(d.name)));
	MUST((d.port != 0) == (d.service[0] == '\0'));
	len = domain_format_key(&d, key);
	MUST(len == strlen(key) && len <= DOMAIN_KEY_MAX);
	domain_parse(&again, key, len);
	MUST(again.kind == d.kind && again.port == d.port);
	MUST(again.utf8 == d.utf8);
	MUST(strcmp(again.name, d.name) == 0);
	MUST(strcmp(again.service, d.service) == 0);
	MUST(domain_format_key(&again, key2) == len);
	MUST(strcmp(key, key2) == 0);
	MUST(domain_match(d.name, strlen(d.name), d.name));
	return 0;
}
