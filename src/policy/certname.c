/* certname: does a name in a certificate stand for the one that is wanted?
 * SPDX-License-Identifier: MIT */
#include "policy/certname.h"

#include <string.h>

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_same(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

bool certname_matches(const char *cert, size_t len, const char *wanted)
{
	size_t wanted_len = strlen(wanted);
	const char *dot;

	if (len == 0 || wanted_len == 0 || memchr(cert, '\0', len) != NULL)
		return false;
	if (wanted[0] == '.')
		return len > wanted_len && wanted_len > 1 &&
		       is_same(cert + len - wanted_len, wanted, wanted_len);
	if (len == wanted_len && is_same(cert, wanted, len))
		return true;
	if (len < 3 || memcmp(cert, "*.", 2) != 0 ||
	    memchr(cert + 2, '.', len - 2) == NULL)
		return false;
	dot = strchr(wanted, '.');
	if (dot == NULL || dot == wanted)
		return false;
	return strlen(dot) == len - 1 && is_same(cert + 1, dot, len - 1);
}
