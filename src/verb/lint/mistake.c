/* mistake: what people publish in place of a policy or a TXT record.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/mistake.h"

#include <string.h>
#include "policy/domain.h"
#include "verb/lint/mistake_look.h"

#define NEAR 2 /* letters that may be wrong in the name of a field */
#define NAME_MAX 24

/* The next line from *at on, without its end; false after the last. */
static bool next_line(const char *text, size_t len, size_t *at,
    const char **line, size_t *line_len)
{
	const char *end;

	if (*at >= len)
		return false;
	*line = text + *at;
	end = memchr(*line, '\n', len - *at);
	*line_len = end != NULL ? (size_t)(end - *line) : len - *at;
	*at += *line_len + 1;
	while (*line_len > 0 && strchr(" \t\r", (*line)[*line_len - 1]))
		--*line_len;
	return true;
}

uint32_t mistake_not_ascii(const char *text, size_t len, size_t *at)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n;

	for (*at = 0; *at < len && s[*at] < 0x80;)
		++*at;
	if (*at == len)
		return 0;
	n = domain_utf8_len(text + *at, len - *at);
	s += *at;
	switch (n) {
	case 2:
		return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
	case 3:
		return (uint32_t)(s[0] & 0x0f) << 12 |
		       (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
	case 4:
		return (uint32_t)(s[0] & 0x07) << 18 |
		       (uint32_t)(s[1] & 0x3f) << 12 |
		       (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
	}
	return 0xfffd;
}

/* ---- names of fields ---- */

static const char *const fields[MISTAKE_FIELDS] = {
    [MISTAKE_VERSION] = "version",
    [MISTAKE_MODE] = "mode",
    [MISTAKE_MAX_AGE] = "max_age",
    [MISTAKE_MX] = "mx",
};

const char *mistake_field_name(enum mistake_field f)
{
	return fields[f];
}

enum mistake_field mistake_field_of(const char *name, size_t len)
{
	for (int f = 0; f < MISTAKE_FIELDS; f++)
		if (strlen(fields[f]) == len &&
		    memcmp(name, fields[f], len) == 0)
			return (enum mistake_field)f;
	return MISTAKE_FIELDS;
}

/* How many letters have to be put in, taken out or replaced (Levenshtein). */
static size_t distance(const char *a, size_t n, const char *b)
{
	size_t row[NAME_MAX + 1], m = strlen(b);

	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t other = ascii_lower(a[i - 1]) != b[j - 1];
			size_t best = corner + other;

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = row[j];
			row[j] = best;
		}
	}
	return row[m];
}

/* "mx1", "mxs": a name of two letters has no other neighbours. */
static bool is_like_mx(const char *name, size_t len)
{
	if (len < 2 || len > 3 || !ascii_equal(name, "mx", 2))
		return false;
	return len == 2 || ascii_is_digit(name[2]) || name[2] == 's';
}

enum mistake_field mistake_meant(const char *name, size_t len)
{
	while (len > 0 && memchr(" \t\"'-*", name[0], 6) != NULL) {
		name++;
		len--;
	}
	while (len > 0 && memchr(" \t\"'", name[len - 1], 4) != NULL)
		len--;
	if (len == 0 || len > NAME_MAX)
		return MISTAKE_FIELDS;
	if (is_like_mx(name, len))
		return MISTAKE_MX;
	for (int f = 0; f < MISTAKE_MX; f++) {
		size_t wrong = distance(name, len, fields[f]);

		/* Of four letters one, or "made" would be three others. */
		if (wrong <= (f == MISTAKE_MODE ? NEAR - 1 : NEAR))
			return (enum mistake_field)f;
	}
	return MISTAKE_FIELDS;
}

void mistake_outline(struct mistake_outline *o, const char *text, size_t len)
{
	const char *line;
	size_t at = 0, n;

	memset(o, 0, sizeof *o);
	while (next_line(text, len, &at, &line, &n)) {
		enum mistake_field f;
		size_t name = 0;

		if (look_begins(line, n, "\xef\xbb\xbf")) {
			line += 3;
			n -= 3;
		}
		while (name < n && line[name] != ':' && line[name] != '=')
			name++;
		if (name == n)
			continue;
		f = mistake_field_of(line, name);
		if (f < MISTAKE_FIELDS && line[name] == ':')
			o->exact[f] = true;
		f = mistake_meant(line, name);
		if (f < MISTAKE_FIELDS)
			o->meant[f] = true;
	}
}

/* ---- files ---- */

bool look_is_template(const char *text, size_t len)
{
	const char *open = memchr(text, '[', len), *close;

	if (look_has(text, len, "{{") || look_has(text, len, "${") ||
	    look_has(text, len, "$(") || look_has(text, len, "your_domain"))
		return true;
	close = memchr(text, '<', len);
	if (close != NULL &&
	    memchr(close, '>', len - (size_t)(close - text)) != NULL)
		return true;
	if (open == NULL)
		return false;
	len -= (size_t)(open + 1 - text);
	close = memchr(open, ']', len + 1);
	if (close == NULL)
		return false;
	len = (size_t)(close - open) - 1;
	if (memchr(open, '|', len) != NULL)
		return true;
	for (int f = 0; f < MISTAKE_FIELDS; f++)
		if (look_begins(open + 1, len, fields[f]))
			return true;
	return false;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(" \t\r\n", text[i]) == NULL || text[i] == '\0')
			return false;
	return true;
}

/* The first bytes tell what kind of file it is. */
static enum mistake kind_of(const char *text, size_t len)
{
	if (is_blank(text, len))
		return MISTAKE_BLANK;
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			    memcmp(text, "\xfe\xff", 2) == 0 ||
			    text[0] == '\0' || text[1] == '\0'))
		return MISTAKE_UTF16;
	if (look_begins(text, len, "{\\rtf"))
		return MISTAKE_RTF;
	if (text[0] == '<' || text[0] == '{')
		return MISTAKE_MARKUP;
	return MISTAKE_NONE;
}

enum mistake mistake_of_file(const char *text, size_t len, unsigned *line)
{
	struct mistake_outline o;
	enum mistake m = kind_of(text, len);
	size_t at = 0, n, value;
	const char *from;
	bool any = false;

	*line = m == MISTAKE_MARKUP || m == MISTAKE_RTF;
	if (m != MISTAKE_NONE)
		return m;
	mistake_outline(&o, text, len);
	for (int f = 0; f < MISTAKE_FIELDS; f++)
		any = any || o.meant[f];
	*line = 1;
	if (look_begins(text, len, "---"))
		return MISTAKE_FRONT_MATTER;
	if (!any && look_has(text, len, "v=STSv1"))
		return MISTAKE_TXT_IN_FILE;
	if (!any)
		return MISTAKE_NO_POLICY;
	for (*line = 1; next_line(text, len, &at, &from, &n); ++*line) {
		const char *colon = memchr(from, ':', n);

		value = colon != NULL ? (size_t)(colon + 1 - from) : n;
		if (value < n &&
		    mistake_meant(from, value - 1) < MISTAKE_FIELDS &&
		    look_is_template(from + value, n - value))
			return MISTAKE_TEMPLATE;
	}
	*line = 0;
	return MISTAKE_NONE;
}

/* ---- lines and values ---- */

static bool begins_comment(const char *text, size_t len)
{
	static const char *const marks[] = {"#", ";", "//", "/*", "<!--", "%"};

	for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (look_begins(text, len, marks[i]))
			return true;
	return false;
}

/* Behind a value, after a blank. */
static bool has_comment(const char *text, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (look_blanks(text + i - 1, 1) == 1 &&
		    begins_comment(text + i, len - i))
			return true;
	return begins_comment(text, len);
}

enum mistake mistake_of_line(const char *line, size_t len)
{
	size_t blank = look_blanks(line, len), name = blank, at;

	if (look_begins(line, len, "\xef\xbb\xbf"))
		return MISTAKE_BOM;
	if (begins_comment(line + blank, len - blank))
		return MISTAKE_COMMENT;
	if (look_begins(line + blank, len - blank, "---"))
		return MISTAKE_FRONT_MATTER;
	while (name < len && line[name] != ':' && line[name] != '=')
		name++;
	if (name < len && mistake_meant(line, name) < MISTAKE_FIELDS) {
		if (line[blank] == '-')
			return MISTAKE_LIST;
		if (blank > 0)
			return MISTAKE_INDENTED;
		if (line[name] == '=')
			return MISTAKE_EQUALS;
		if (look_blanks(line + name - 1, 1) == 1)
			return MISTAKE_BLANK_BEFORE_COLON;
		if (memchr("\"'", line[0], 2) != NULL)
			return MISTAKE_MARKS;
	}
	if (line[blank] == '-' && len > blank + 1)
		return MISTAKE_LIST;
	if (mistake_not_ascii(line, len, &at) != 0)
		return MISTAKE_NOT_ASCII;
	return MISTAKE_STRAY;
}

static enum mistake of_mode(const char *value, size_t len)
{
	if (len >= 4 && ascii_equal(value, "enfo", 4))
		return MISTAKE_MODE_ENFORCE;
	if (len >= 4 && ascii_equal(value, "test", 4))
		return MISTAKE_MODE_TESTING;
	return MISTAKE_NONE;
}

static enum mistake of_mx(const char *value, size_t len)
{
	if (len == 1 && value[0] == '.')
		return MISTAKE_MX_NULL;
	if (look_has(value, len, "/"))
		return MISTAKE_MX_URL;
	if (value[0] == '[')
		return MISTAKE_MX_ADDRESS;
	if (memchr(value, ' ', len) != NULL || memchr(value, ',', len) != NULL)
		return MISTAKE_MX_LIST;
	if (value[0] == '.')
		return MISTAKE_MX_DOT;
	if (memchr(value, '*', len) != NULL)
		return MISTAKE_MX_ASTERISK;
	return MISTAKE_NONE;
}

enum mistake mistake_of_value(
    enum mistake_field f, const char *value, size_t len)
{
	size_t at;

	if (len == 0)
		return f == MISTAKE_MX ? MISTAKE_MX_EMPTY : MISTAKE_NONE;
	if (look_has(value, len, "version:"))
		return MISTAKE_GLUED;
	if (has_comment(value, len))
		return MISTAKE_COMMENT;
	if (mistake_not_ascii(value, len, &at) != 0)
		return MISTAKE_NOT_ASCII;
	if (memchr("\"'<(", value[0], 4) != NULL ||
	    (value[0] == '[' && f != MISTAKE_MX))
		return MISTAKE_MARKS;
	switch (f) {
	case MISTAKE_MODE:
		return of_mode(value, len);
	case MISTAKE_MAX_AGE:
		return ascii_is_digit(value[0]) ? MISTAKE_UNIT : MISTAKE_NONE;
	case MISTAKE_MX:
		return of_mx(value, len);
	case MISTAKE_VERSION:
	case MISTAKE_FIELDS:
		break;
	}
	return MISTAKE_NONE;
}
