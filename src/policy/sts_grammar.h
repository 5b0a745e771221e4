/* sts_grammar: what the TXT records and the policy file have in common.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_POLICY_STS_GRAMMAR_H
#define MXPOLICY_POLICY_STS_GRAMMAR_H

/* For sts.c, sts_file.c, sts_txt.c and tlsrpt_txt.c alone: RFC 8460 3 has the
 * same fields as RFC 8461 3.1. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "base/ascii.h"
#include "base/text.h"

#define STS_FIELD_NAME_MAX 32 /* RFC 8461 3.1 and 3.2, ext-name */
#define STS_SHOWN_MAX 60      /* of a foreign value in a reason */

static inline bool sts_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A %s string of RFC 7405: case matters. */
static inline bool sts_is_text(const char *s, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(s, text, len) == 0;
}

/* How much of a foreign value to show in a reason, for "%.*s". */
static inline int sts_shown(size_t len)
{
	return len < STS_SHOWN_MAX ? (int)len : STS_SHOWN_MAX;
}

/* The length of the field name at the front, 0 if there is none.
 * sts-ext-name and sts-policy-ext-name are the same, and all known names are
 * of that form. */
static inline size_t sts_field_name_len(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len &&
	       (ascii_is_alnum(s[i]) ||
		   (i > 0 && (s[i] == '_' || s[i] == '-' || s[i] == '.'))))
		i++;
	return i <= STS_FIELD_NAME_MAX ? i : 0;
}

/* The length of an sts-ext-value: printable ASCII except blank, '=' and ';'. */
static inline size_t sts_txt_value_len(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && text_is_printable(s[i]) && s[i] != ' ' &&
	       s[i] != '=' && s[i] != ';')
		i++;
	return i;
}

/* The length of sts-field-delim at the front, 0 if there is none.  RFC 8461
 * 3.1 allows blanks before the semicolon in its grammar, while its text (and
 * erratum 6285, reported) knows "v=STSv1;" alone; the grammar counts. */
static inline size_t sts_txt_delim_len(const char *s, size_t len)
{
	size_t i = 0;

	while (i < len && sts_is_blank(s[i]))
		i++;
	if (i == len || s[i] != ';')
		return 0;
	for (i++; i < len && sts_is_blank(s[i]);)
		i++;
	return i;
}

/* What may be copied into a reply: no control characters (a NUL ends the
 * reply, others separate attributes), no braces (they would forge attributes),
 * well-formed UTF-8 (anything else is an error to Postfix). */
bool sts_is_value(const char *s, size_t len);

/* sts-policy-mx-value, lower case: one label is enough.  wire/reply.c takes
 * care of the labels that are words to Postfix. */
bool sts_is_pattern(const char *s, size_t len);

#endif
