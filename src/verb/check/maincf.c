/* maincf: what postconf(1) and systemctl(1) print, taken apart.
 * SPDX-License-Identifier: MIT */
#include "verb/check/maincf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "verb/json.h"

#define BLANKS " \t\r\n"

static bool copy(char *to, size_t size, const char *from, size_t len)
{
	bool fits = len < size;

	if (!fits)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
	return fits;
}

char *maincf_split(const char *text)
{
	char *lines = xmalloc(strlen(text) + 2), *to = lines;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n"), kept = len;

		while (kept > 0 && text[kept - 1] == ' ')
			kept--;
		if (kept > 0) {
			copy(to, kept + 1, text, kept);
			to += kept + 1;
		}
		text += len;
		text += *text == '\n';
	}
	*to = '\0';
	return lines;
}

/* "name = value" and NUL; returns its end. */
static char *append_pair(char *to, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value);

	memcpy(to, name, n);
	memcpy(to + n, " = ", 3);
	while (v > 0 && value[v - 1] == ' ')
		v--;
	memcpy(to + n + 3, value, v);
	to[n + 3 + v] = '\0';
	return to + n + 3 + v + 1;
}

char *maincf_split_json(const char *text)
{
	/* What JSON escapes takes more room there than here, and " = " less
	 * than its quotes and braces. */
	char *lines = xmalloc(strlen(text) + 2), *to = lines;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");
		char *name, *value;

		if (!json_read_pair(text, len, &name, &value)) {
			free(lines);
			return NULL;
		}
		for (char *c = value; *c != '\0'; c++)
			if (*c == '\n')
				*c = ' ';
		to = append_pair(to, name, value);
		free(name);
		free(value);
		text += len;
		text += *text == '\n';
	}
	*to = '\0';
	return lines;
}

const char *maincf_next(const char *lines, size_t *pos, const char *name)
{
	size_t len = strlen(name);

	while (lines[*pos] != '\0') {
		const char *line = lines + *pos, *value;

		*pos += strlen(line) + 1;
		if (strncmp(line, name, len) != 0)
			continue;
		value = line + len + strspn(line + len, " ");
		if (*value == '=')
			return value + 1 + strspn(value + 1, " ");
	}
	return NULL;
}

const char *maincf_get(const char *lines, const char *name)
{
	size_t pos = 0;
	const char *value = maincf_next(lines, &pos, name);

	return value != NULL ? value : "";
}

/* "host:port", where the host may be [::1] or absent. */
static bool parse_address(struct maincf_table *t, char *part)
{
	char *colon = strrchr(part, ':');
	size_t len;

	snprintf(
	    t->port, sizeof t->port, "%s", colon != NULL ? colon + 1 : part);
	if (colon != NULL)
		*colon = '\0';
	len = colon != NULL ? strlen(part) : 0;
	if (len > 2 && part[0] == '[' && part[len - 1] == ']')
		copy(t->host, sizeof t->host, part + 1, len - 2);
	else
		copy(t->host, sizeof t->host, part, len);
	/* Postfix: an empty host is this one. */
	if (t->host[0] == '\0')
		snprintf(t->host, sizeof t->host, "localhost");
	return t->port[0] != '\0';
}

bool maincf_listen(const char *value, struct maincf_table *t)
{
	char part[MAINCF_NAME_MAX + 1];
	const char *end = strstr(value, " (Stream)");

	memset(t, 0, sizeof *t);
	if (end == NULL ||
	    !copy(part, sizeof part, value, (size_t)(end - value)))
		return false;
	if (part[0] == '/') {
		t->kind = MAINCF_UNIX;
		strcpy(t->path, part);
		return true;
	}
	t->kind = MAINCF_INET;
	return parse_address(t, part);
}

/* host:port:map and path:map, taken apart from the end. */
static enum maincf_kind parse_endpoint(struct maincf_table *t, const char *text)
{
	char part[MAINCF_NAME_MAX + 1], *colon;
	bool inet = strncmp(text, "inet:", 5) == 0;

	if (!inet && strncmp(text, "unix:", 5) != 0)
		return MAINCF_BROKEN;
	snprintf(part, sizeof part, "%s", text + 5);
	colon = strrchr(part, ':');
	if (colon == NULL || colon[1] == '\0')
		return MAINCF_BROKEN;
	snprintf(t->map, sizeof t->map, "%s", colon + 1);
	*colon = '\0';
	if (inet)
		return parse_address(t, part) ? MAINCF_INET : MAINCF_BROKEN;
	snprintf(t->path, sizeof t->path, "%s", part);
	return part[0] != '\0' ? MAINCF_UNIX : MAINCF_BROKEN;
}

static void parse_table(struct maincf_table *t, const char *from, size_t len)
{
	const char *text;
	bool whole;

	memset(t, 0, sizeof *t);
	whole = copy(t->text, sizeof t->text, from, len);
	text = t->text;
	t->proxied = strncmp(text, "proxy:", 6) == 0;
	if (t->proxied)
		text += 6;
	if (strncmp(text, "socketmap:", 10) == 0)
		t->kind = whole ? parse_endpoint(t, text + 10) : MAINCF_BROKEN;
}

/* The next element of a list from *at on, which moves past it: its length, and
 * where it begins.  0: there is none. */
static size_t next_element(const char *value, size_t *at, size_t *begin)
{
	int depth = 0;

	*at += strspn(value + *at, BLANKS ",");
	*begin = *at;
	for (; value[*at] != '\0'; ++*at) {
		if (depth == 0 && strchr(BLANKS ",", value[*at]))
			break;
		depth += value[*at] == '{';
		depth -= value[*at] == '}' && depth > 0;
	}
	return *at - *begin;
}

size_t maincf_tables(
    const char *value, struct maincf_table table[static MAINCF_TABLES_MAX])
{
	size_t n = 0, at = 0, begin, len;

	while (n < MAINCF_TABLES_MAX &&
	       (len = next_element(value, &at, &begin)) > 0)
		parse_table(&table[n++], value + begin, len);
	return n;
}

/* Add an element to a list that ends at end; returns its new end. */
static char *append(const char *list, char *end, const char *text, size_t len)
{
	if (len == 0)
		return end;
	if (end > list) {
		memcpy(end, ", ", 2);
		end += 2;
	}
	memcpy(end, text, len);
	end[len] = '\0';
	return end + len;
}

char *maincf_replace(const char *list, const char *from, const char *to)
{
	size_t at = 0, begin, len, found = from[0] == '\0';
	/* Each element may be parted by one byte there and by two here. */
	char *text = xcalloc(2 * strlen(list) + strlen(to) + 3, 1), *end = text;

	while ((len = next_element(list, &at, &begin)) > 0) {
		bool is_it =
		    strlen(from) == len && memcmp(list + begin, from, len) == 0;

		found += is_it;
		end = append(text, end, is_it ? to : list + begin,
		    is_it ? strlen(to) : len);
	}
	if (from[0] == '\0')
		append(text, end, to, strlen(to));
	if (found == 1)
		return text;
	free(text);
	return NULL;
}

/* In the order of their age. */
enum { SSL2, SSL3, TLS10, TLS11, TLS12, TLS13, PROTOCOLS, UNKNOWN = -1 };

static int protocol_of(const char *word, size_t len)
{
	static const char *const names[PROTOCOLS] = {
	    "SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"};

	for (int i = 0; i < PROTOCOLS; i++)
		if (strlen(names[i]) == len && ascii_equal(word, names[i], len))
			return i;
	return UNKNOWN;
}

/* postconf(5), smtp_tls_mandatory_protocols: words with "!" exclude, those
 * without name all that is left, ">=" and "<=" are bounds. */
struct maincf_protocols maincf_protocols(const char *value)
{
	bool named[PROTOCOLS] = {false}, excluded[PROTOCOLS] = {false};
	int lowest = SSL2, highest = TLS13, word;
	bool any = false, on[PROTOCOLS];
	size_t at = 0;

	for (;;) {
		size_t sign, len;

		at += strspn(value + at, BLANKS ",:");
		sign = strspn(value + at, "!<>=");
		len = strcspn(value + at + sign, BLANKS ",:!<>=");
		if (sign + len == 0)
			break;
		word = protocol_of(value + at + sign, len);
		if (word >= 0 && sign == 0)
			any = named[word] = true;
		else if (word >= 0 && value[at] == '!')
			excluded[word] = true;
		else if (word >= 0 && value[at] == '>')
			lowest = word;
		else if (word >= 0 && value[at] == '<')
			highest = word;
		at += sign + len;
	}
	for (int i = 0; i < PROTOCOLS; i++)
		on[i] = i >= lowest && i <= highest && !excluded[i] &&
			(!any || named[i]);
	return (struct maincf_protocols){on[SSL3], on[TLS12], on[TLS13]};
}

/* The next word of a line; false at its end. */
static bool word(const char **at, char *to, size_t size)
{
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t\n");
	if (len == 0)
		return false;
	copy(to, size, *at, len);
	*at += len;
	return true;
}

/* "smtp unix - - y - - smtp": name, type, private, unpriv, chroot, wakeup,
 * maxproc, command. */
static bool parse_service(struct maincf_service *s, const char *line,
    bool chroot_default, long maxproc_default)
{
	char field[8][MAINCF_NAME_MAX + 1];

	for (int i = 0; i < 8; i++)
		if (!word(&line, field[i], sizeof field[i]))
			return false;
	if (strcmp(field[7], "smtp") != 0 && strcmp(field[7], "lmtp") != 0)
		return false;
	strcpy(s->name, field[0]);
	copy(s->type, sizeof s->type, field[1], strlen(field[1]));
	s->chroot = field[4][0] == '-' ? chroot_default : field[4][0] == 'y';
	s->maxproc = strcmp(field[6], "-") == 0 ? maxproc_default
						: strtol(field[6], NULL, 10);
	return true;
}

size_t maincf_services(const char *text, bool chroot_default,
    long maxproc_default,
    struct maincf_service service[static MAINCF_SERVICES_MAX])
{
	size_t n = 0;

	while (*text != '\0' && n < MAINCF_SERVICES_MAX) {
		/* Continued lines begin with a blank. */
		if (*text != ' ' && *text != '\t' && *text != '#' &&
		    parse_service(
			&service[n], text, chroot_default, maxproc_default))
			n++;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return n;
}

bool maincf_version(const char *version, int major, int minor, int patch)
{
	const long wanted[3] = {major, minor, patch};

	for (int i = 0; i < 3; i++) {
		char *end;
		long have =
		    ascii_is_digit(version[0]) ? strtol(version, &end, 10) : 0;

		if (have != wanted[i])
			return have > wanted[i];
		if (!ascii_is_digit(version[0]))
			continue;
		version = end + (*end == '.');
		/* "3.12-20260821": what follows is a date. */
		if (*end != '.')
			version = "";
	}
	return true;
}
