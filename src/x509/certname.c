/* certname: compare a name in a certificate with a host name.
 * SPDX-License-Identifier: MIT */
#include "x509/certname.h"

#include <string.h>
#include "base/ascii.h"

bool certname_matches(const char *cert, size_t len, const char *wanted)
{
	size_t wanted_len = strlen(wanted);
	const char *dot;

	if (len == 0 || wanted_len == 0 || memchr(cert, '\0', len) != NULL)
		return false;
	if (wanted[0] == '.')
		return len > wanted_len && wanted_len > 1 &&
		       ascii_equal(cert + len - wanted_len, wanted, wanted_len);
	if (len == wanted_len && ascii_equal(cert, wanted, len))
		return true;
	if (len < 3 || memcmp(cert, "*.", 2) != 0 ||
	    memchr(cert + 2, '.', len - 2) == NULL)
		return false;
	dot = strchr(wanted, '.');
	if (dot == NULL || dot == wanted)
		return false;
	return strlen(dot) == len - 1 && ascii_equal(cert + 1, dot, len - 1);
}
