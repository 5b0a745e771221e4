/* sts_grammar: what the TXT record and the policy file have in common.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_STS_GRAMMAR_H
#define MXPOLICY_POLICY_STS_GRAMMAR_H

/* For sts.c and sts_txt.c alone.  <ctype.h> would follow the locale. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define STS_FIELD_NAME_MAX 32 /* RFC 8461 3.1 and 3.2, ext-name */
#define STS_SHOWN_MAX 60      /* of a foreign value in a reason */

static inline bool sts_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool sts_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       sts_is_digit(c);
}

static inline bool sts_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A %s string of RFC 7405: case matters. */
static inline bool sts_is_text(const char *s, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(s, text, len) == 0;
}

/* How much of a foreign value a reason shows, for "%.*s". */
static inline int sts_shown(size_t len)
{
	return len < STS_SHOWN_MAX ? (int)len : STS_SHOWN_MAX;
}

/* The length of the field name at the front, 0 when there is none.
 * sts-ext-name and sts-policy-ext-name are the same, and all known names are
 * of that form. */
static inline size_t sts_field_name_len(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len &&
	       (sts_is_alnum(s[i]) ||
		   (i > 0 && (s[i] == '_' || s[i] == '-' || s[i] == '.'))))
		i++;
	return i <= STS_FIELD_NAME_MAX ? i : 0;
}

#endif
