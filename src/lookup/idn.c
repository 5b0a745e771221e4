/* idn: U-labels to A-labels.  Owns <idn2.h>.
 * SPDX-License-Identifier: MIT */
#include "lookup/idn.h"

#include <idn2.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"

bool idn_to_alabel(const char *utf8, char alabel[static DOMAIN_MAX + 1])
{
	char *result = NULL;
	size_t len;
	int rc;

	alabel[0] = '\0';
	rc = idn2_to_ascii_8z(
	    utf8, &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	xneed(rc != IDN2_MALLOC);
	if (rc != IDN2_OK)
		return false;
	len = strlen(result);
	/* A full-width dot at the end was converted to a dot. */
	if (len > 0 && result[len - 1] == '.')
		result[--len] = '\0';
	ascii_fold(result, result, len);
	if (domain_is_hostname(result, len))
		memcpy(alabel, result, len + 1);
	idn2_free(result);
	return alabel[0] != '\0';
}
