/* sts_txt: the TXT record of MTA-STS (RFC 8461 3.1).
 * SPDX-License-Identifier: MIT */
#include "policy/sts.h"

#include <string.h>
#include "policy/sts_grammar.h"

/* sts-ext-value: printable ASCII but blank, '=' and ';'. */
static size_t txt_value_len(const char *s, size_t len)
{
	size_t i = 0;

	while (
	    i < len && s[i] > 0x20 && s[i] < 0x7f && s[i] != '=' && s[i] != ';')
		i++;
	return i;
}

/* The length of sts-field-delim at the front, 0 when there is none.  RFC 8461
 * 3.1 allows blanks before the semicolon in its grammar, while its text (and
 * erratum 6285, reported) knows "v=STSv1;" alone; the grammar counts. */
static size_t delim_len(const char *s, size_t len)
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

static bool is_id(const char *s, size_t len)
{
	if (len == 0 || len > STS_ID_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!sts_is_alnum(s[i]))
			return false;
	}
	return true;
}

/* The fields after the version: the id's place, or NULL with why set. */
static const char *find_id(
    const char *at, const char *end, size_t *id_len, struct reason *why)
{
	const char *id = NULL, *value;
	size_t key, len, delim;

	while (at < end) {
		key = sts_field_name_len(at, (size_t)(end - at));
		if (key == 0 || at + key == end || at[key] != '=') {
			reason_set(why, "TXT record: no field at \"%.*s\"",
			    sts_shown((size_t)(end - at)), at);
			return NULL;
		}
		value = at + key + 1;
		len = txt_value_len(value, (size_t)(end - value));
		delim = delim_len(value + len, (size_t)(end - value) - len);
		if (len == 0 || (delim == 0 && value + len != end)) {
			reason_set(why, "TXT record: bad value of \"%.*s\"",
			    sts_shown(key), at);
			return NULL;
		}
		/* RFC 8461 3.2: of duplicates the first counts. */
		if (id == NULL && sts_is_text(at, key, "id")) {
			id = value;
			*id_len = len;
		}
		at = value + len + delim;
	}
	if (id == NULL)
		reason_set(why, "TXT record: no id");
	return id;
}

enum sts_txt sts_parse_txt(const char *txt, size_t len,
    char id[static STS_ID_MAX + 1], struct reason *why)
{
	static const char version[] = "v=STSv1";
	size_t at = sizeof version - 1, delim, id_len = 0;
	const char *found;

	if (len < at || memcmp(txt, version, at) != 0)
		return STS_TXT_OTHER;
	delim = delim_len(txt + at, len - at);
	if (delim == 0)
		return STS_TXT_OTHER;
	found = find_id(txt + at + delim, txt + len, &id_len, why);
	if (found == NULL)
		return STS_TXT_INVALID;
	if (!is_id(found, id_len)) {
		reason_set(why, "TXT record: bad id \"%.*s\"",
		    sts_shown(id_len), found);
		return STS_TXT_INVALID;
	}
	memcpy(id, found, id_len);
	id[id_len] = '\0';
	return STS_TXT_VALID;
}
