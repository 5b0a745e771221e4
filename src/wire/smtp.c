/* smtp: replies of an SMTP server (RFC 5321 4.2).
 * SPDX-License-Identifier: MIT */
#include "wire/smtp.h"

#include <string.h>
#include <strings.h>
#include "base/ascii.h"
#include "base/text.h"

#define CODE_LEN 3

/* The code of a line without its end, 0 if it has none; *last: no '-'
 * follows. */
static int read_code(const char *line, size_t len, bool *last)
{
	if (len < CODE_LEN || line[0] < '2' || line[0] > '5' ||
	    !ascii_is_digit(line[1]) || !ascii_is_digit(line[2]))
		return 0;
	*last = len == CODE_LEN || line[CODE_LEN] == ' ';
	if (!*last && line[CODE_LEN] != '-')
		return 0;
	return (line[0] - '0') * 100 + (line[1] - '0') * 10 + line[2] - '0';
}

/* Append the text of a line, which fits, because it had a code before it. */
static size_t put_text(char *to, size_t used, const char *line, size_t len)
{
	if (len <= CODE_LEN + 1)
		return used;
	len -= CODE_LEN + 1;
	memcpy(to + used, line + CODE_LEN + 1, len);
	text_clean(to + used, len);
	return used + len;
}

enum smtp_result smtp_parse(struct smtp_reply *r, const char *data, size_t len)
{
	size_t at = 0, used = 0, line_len;
	bool last = false;
	int code = 0;

	while (!last) {
		const char *line = data + at;
		const char *end = memchr(line, '\n', len - at);

		line_len = end != NULL ? (size_t)(end - line) : len - at;
		if (line_len > SMTP_LINE_MAX || at + line_len >= SMTP_REPLY_MAX)
			return SMTP_BAD;
		if (end == NULL)
			return SMTP_MORE;
		at += line_len + 1;
		if (line_len > 0 && line[line_len - 1] == '\r')
			line_len--;
		code = read_code(line, line_len, &last);
		if (code == 0)
			return SMTP_BAD;
		if (line > data)
			r->text[used++] = '\n';
		used = put_text(r->text, used, line, line_len);
	}
	r->text[used] = '\0';
	r->code = code;
	r->size = at;
	return SMTP_REPLY;
}

bool smtp_offers(const struct smtp_reply *r, const char *keyword)
{
	const char *line = strchr(r->text, '\n');
	size_t len = strlen(keyword);

	for (; line != NULL; line = strchr(line, '\n')) {
		line += 1 + strspn(line + 1, " ");
		/* Some servers write "AUTH=PLAIN"; Postfix splits there too. */
		if (strncasecmp(line, keyword, len) == 0 &&
		    strchr(" =\n", line[len]) != NULL)
			return true;
	}
	return false;
}
