/* idn: U-labels to A-labels.  Owns <idn2.h>.
 * SPDX-License-Identifier: MIT */
#include "lookup/idn.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "lookup/punycode.h"

#define ACE_PREFIX "xn--"
/* The code points that UTS 46 keeps in its nontransitional form alone. */
static const uint32_t deviations[] = {0xdf, 0x3c2, 0x200c, 0x200d};
/* Letters that stand for them: of a script that is not mapped. */
static const uint32_t stand_ins[] = {0x13000, 0x13001, 0x13002, 0x13003};
#define DEVIATIONS (sizeof deviations / sizeof *deviations)

/* Take the result if it is a host name, and free it. */
static bool take(char *result, char alabel[static DOMAIN_MAX + 1])
{
	size_t len = strlen(result);

	/* A full-width dot at the end was converted to a dot. */
	if (len > 0 && result[len - 1] == '.')
		result[--len] = '\0';
	ascii_fold(result, result, len);
	if (domain_is_hostname(result, len))
		memcpy(alabel, result, len + 1);
	idn2_free(result);
	return alabel[0] != '\0';
}

static void swap_points(
    uint32_t *text, const uint32_t *these, const uint32_t *those)
{
	for (; *text != 0; text++)
		for (size_t i = 0; i < DEVIATIONS; i++)
			if (*text == these[i]) {
				*text = those[i];
				break;
			}
}

static bool is_ascii(const uint32_t *label, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (label[i] >= 0x80)
			return false;
	return true;
}

/* Append a label; false: the name is too long. */
static bool put_label(char *name, const uint32_t *label, size_t n)
{
	size_t used = strlen(name);
	char *at = name + used;

	if (!is_ascii(label, n)) {
		if (used + strlen(ACE_PREFIX) >= DOMAIN_MAX)
			return false;
		memcpy(at, ACE_PREFIX, strlen(ACE_PREFIX));
		at += strlen(ACE_PREFIX);
		return punycode_encode(
		    label, n, at, DOMAIN_MAX + 1 - (size_t)(at - name));
	}
	if (used + n > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		at[i] = (char)label[i];
	at[n] = '\0';
	return true;
}

/* The A-labels of a name that is mapped already. */
static bool encode(const uint32_t *text, char name[static DOMAIN_MAX + 1])
{
	size_t n, used;

	name[0] = '\0';
	for (;; text += n + 1) {
		for (n = 0; text[n] != 0 && text[n] != '.'; n++)
			;
		if (!put_label(name, text, n))
			return false;
		if (text[n] == 0)
			return true;
		used = strlen(name);
		if (used >= DOMAIN_MAX)
			return false;
		memcpy(name + used, ".", 2);
	}
}

/* UTS 46 as Postfix has it from ICU: nontransitional, and with the characters
 * that IDNA 2008 does not allow, such as symbols.  libidn2 leaves these alone
 * in its transitional form only, so what that form would map stands aside
 * meanwhile. */
static bool by_uts46(const char *utf8, char alabel[static DOMAIN_MAX + 1])
{
	uint32_t *text = NULL, *mapped = NULL;
	char *between = NULL, name[DOMAIN_MAX + 1] = "";
	bool good = false;
	int rc = idn2_to_unicode_8z4z(utf8, &text, 0);

	if (rc == IDN2_OK) {
		swap_points(text, deviations, stand_ins);
		rc = idn2_to_ascii_4z(text, &between, IDN2_TRANSITIONAL);
	}
	if (rc == IDN2_OK)
		rc = idn2_to_unicode_8z4z(between, &mapped, 0);
	xneed(rc != IDN2_MALLOC);
	if (rc == IDN2_OK) {
		swap_points(mapped, stand_ins, deviations);
		good = encode(mapped, name);
	}
	idn2_free(text);
	idn2_free(between);
	idn2_free(mapped);
	return good && take(xstrdup(name), alabel);
}

bool idn_to_alabel(const char *utf8, char alabel[static DOMAIN_MAX + 1])
{
	char *result = NULL;
	int rc;

	alabel[0] = '\0';
	rc = idn2_to_ascii_8z(
	    utf8, &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	xneed(rc != IDN2_MALLOC);
	if (rc == IDN2_OK)
		return take(result, alabel);
	return by_uts46(utf8, alabel);
}
