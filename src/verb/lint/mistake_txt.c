/* mistake_txt: what people publish in place of a TXT record.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/mistake.h"

#include "verb/lint/mistake_look.h"

bool mistake_is_placeholder(const char *text, size_t len)
{
	static const char *const usual[] = {
	    "yyyy", "yourdomain", "your-domain", "mydomain", "domain.tld"};

	for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
		if (look_has(text, len, usual[i]))
			return true;
	return false;
}

/* A record that does not begin with "v=STSv1". */
static enum mistake of_beginning(const char *txt, size_t len)
{
	static const char version[] = "v=STSv1";
	const char *found = look_find(txt, len, version);
	size_t before = found != NULL ? (size_t)(found - txt) : 0;

	if (found == NULL)
		return look_begins(txt, len, "v=") ? MISTAKE_TXT_OTHER
						   : MISTAKE_NONE;
	if (before == 0)
		return MISTAKE_TXT_CASE;
	if (look_blanks(txt, before) == before)
		return MISTAKE_TXT_BLANK;
	if (look_has(txt, before, "TXT"))
		return MISTAKE_TXT_ZONE;
	if (txt[before - 1] == '"')
		return MISTAKE_TXT_QUOTES;
	return look_has(txt, before, "id") ? MISTAKE_TXT_ORDER : MISTAKE_NONE;
}

/* The id of one that does. */
static enum mistake of_id(const char *txt, size_t len, size_t *where)
{
	const char *id = look_find(txt, len, "id");
	size_t n, at;

	if (id == NULL)
		return MISTAKE_NONE;
	n = len - (size_t)(id + 2 - txt);
	id += 2;
	*where += (size_t)(id - txt) + 1;
	if (n > 0 && id[0] == ':')
		return MISTAKE_TXT_COLON;
	if (look_is_template(id, n))
		return MISTAKE_TEMPLATE;
	if (memchr(id, '#', n) != NULL)
		return MISTAKE_TXT_COMMENT;
	if (n < 2 || id[0] != '=')
		return MISTAKE_NONE;
	if (mistake_not_ascii(id, n, &at) != 0)
		return MISTAKE_NOT_ASCII;
	for (at = 1; at < n && id[at] != ';' && id[at] != ' '; at++)
		if (!ascii_is_alnum(id[at]))
			return MISTAKE_TXT_HYPHEN;
	return MISTAKE_NONE;
}

enum mistake mistake_of_txt(const char *txt, size_t len, size_t *at)
{
	static const char version[] = "v=STSv1";
	size_t n = sizeof version - 1, delim;

	*at = 0;
	if (look_has(txt, len, "mode") || look_has(txt, len, "mx:") ||
	    look_has(txt, len, "max_age"))
		return MISTAKE_TXT_POLICY;
	if (!look_begins(txt, len, version))
		return of_beginning(txt, len);
	delim = n + look_blanks(txt + n, len - n);
	*at = delim;
	if (delim < len && txt[delim] == '\\')
		return MISTAKE_TXT_BACKSLASH;
	*at = n;
	if (delim == len || txt[delim] != ';')
		return MISTAKE_TXT_SEMICOLON;
	*at = delim;
	return of_id(txt + delim, len - delim, at);
}
