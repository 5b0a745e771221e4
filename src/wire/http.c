/* http: the head of a request, as far as a scrape needs it.
 * SPDX-License-Identifier: MIT */
#include "wire/http.h"

#include <string.h>
#include <strings.h>
#include "base/ascii.h"
#include "base/text.h"

struct line {
	const char *text;
	size_t len;
};

/* The next line without its end; false: it has none yet. */
static bool take_line(const char **at, const char *end, struct line *line)
{
	const char *lf = memchr(*at, '\n', (size_t)(end - *at));

	if (lf == NULL)
		return false;
	line->text = *at;
	line->len = (size_t)(lf - *at);
	if (line->len > 0 && lf[-1] == '\r')
		line->len--;
	*at = lf + 1;
	return true;
}

/* RFC 9110 5.6.2. */
static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!(ascii_is_alnum(c) ||
			(c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL)))
			return false;
	}
	return len > 0;
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return len == strlen(word) && memcmp(text, word, len) == 0;
}

/* "/path?query", or "http://host/path?query" as to a proxy. */
static bool take_target(struct http_request *r, const char *text, size_t len)
{
	const char *end = text + len, *mark;

	for (size_t i = 0; i < len; i++)
		if (text[i] == ' ' || !text_is_printable(text[i]))
			return false;
	if (len >= 7 && strncasecmp(text, "http://", 7) == 0) {
		text = memchr(text + 7, '/', len - 7);
		if (text == NULL)
			return false;
	}
	if (text == end || text[0] != '/')
		return false;
	mark = memchr(text, '?', (size_t)(end - text));
	r->path = text;
	r->path_len = (size_t)((mark != NULL ? mark : end) - text);
	return true;
}

static bool take_request_line(
    struct http_request *r, const struct line *line, bool *needs_host)
{
	const char *end = line->text + line->len;
	const char *target = memchr(line->text, ' ', line->len), *version;
	size_t method_len;

	if (target == NULL)
		return false;
	method_len = (size_t)(target++ - line->text);
	version = memchr(target, ' ', (size_t)(end - target));
	if (version == NULL || !is_token(line->text, method_len) ||
	    !take_target(r, target, (size_t)(version - target)))
		return false;
	version++;
	r->method = is_word(line->text, method_len, "GET")    ? HTTP_GET
		    : is_word(line->text, method_len, "HEAD") ? HTTP_HEAD
							      : HTTP_OTHER;
	*needs_host = is_word(version, (size_t)(end - version), "HTTP/1.1");
	return *needs_host ||
	       is_word(version, (size_t)(end - version), "HTTP/1.0");
}

static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') ||
		    text[i] == 0x7f)
			return false;
	return true;
}

/* "Name: value" */
static bool check_field(const struct line *line, unsigned *hosts)
{
	const char *colon = memchr(line->text, ':', line->len);
	size_t len;

	if (colon == NULL)
		return false;
	len = (size_t)(colon - line->text);
	if (!is_token(line->text, len) ||
	    !is_value(colon + 1, line->len - len - 1))
		return false;
	*hosts += len == 4 && strncasecmp(line->text, "Host", 4) == 0;
	return true;
}

enum http http_parse_request(
    struct http_request *r, const char *data, size_t len)
{
	const char *at = data, *end = data + len;
	struct http_request found;
	bool needs_host;
	unsigned hosts = 0;
	struct line line;

	if (!take_line(&at, end, &line))
		return HTTP_PARTIAL;
	if (!take_request_line(&found, &line, &needs_host))
		return HTTP_BROKEN;
	for (;;) {
		if (!take_line(&at, end, &line))
			return HTTP_PARTIAL;
		if (line.len == 0)
			break;
		if (!check_field(&line, &hosts))
			return HTTP_BROKEN;
	}
	if (hosts > 1 || (needs_host && hosts == 0))
		return HTTP_BROKEN;
	*r = found;
	return HTTP_WHOLE;
}

bool http_path_is(const struct http_request *r, const char *path)
{
	return is_word(r->path, r->path_len, path);
}
