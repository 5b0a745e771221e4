/* sts_grammar: what the TXT records and the policy file have in common.
 * SPDX-License-Identifier: MIT */
#include "policy/sts_grammar.h"

#include "policy/domain.h"

bool sts_is_value(const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		if (s[i] >= 0x20 && s[i] < 0x7f && s[i] != '{' && s[i] != '}')
			n = 1;
		else
			n = domain_utf8_len(s + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

bool sts_is_pattern(const char *s, size_t len)
{
	if (len > DOMAIN_MAX)
		return false;
	if (len > 2 && memcmp(s, "*.", 2) == 0) {
		s += 2;
		len -= 2;
	}
	return domain_is_hostname(s, len);
}
