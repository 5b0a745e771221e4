/* note: the text of a `note` frame, what a lookup tells a person.
 * SPDX-License-Identifier: MIT */
#include "wire/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ESCAPE_LEN 3 /* %XX */

/* ---- writing ---- */

void note_begin(struct note *n, const char *kind)
{
	bytes_init(&n->b, n->text, sizeof n->text);
	bytes_put(&n->b, kind, strlen(kind));
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c <= '~' && c != '%';
}

void note_add_bytes(
    struct note *n, const char *name, const void *value, size_t len)
{
	const uint8_t *at = value;

	if ((size_t)(n->b.end - n->b.at) < strlen(name) + 2)
		return;
	bytes_put_u8(&n->b, ' ');
	bytes_put(&n->b, name, strlen(name));
	bytes_put_u8(&n->b, '=');
	for (; len > 0 && n->b.end - n->b.at >= ESCAPE_LEN; at++, len--) {
		char escape[ESCAPE_LEN + 1];

		if (is_plain(*at)) {
			bytes_put_u8(&n->b, *at);
			continue;
		}
		snprintf(escape, sizeof escape, "%%%02X", *at);
		bytes_put(&n->b, escape, ESCAPE_LEN);
	}
}

void note_add(struct note *n, const char *name, const char *value)
{
	note_add_bytes(n, name, value, strlen(value));
}

void note_add_number(struct note *n, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRId64, value);
	note_add(n, name, text);
}

void note_add_flag(struct note *n, const char *name, bool value)
{
	note_add(n, name, value ? "yes" : "no");
}

size_t note_len(const struct note *n)
{
	return (size_t)((const char *)n->b.at - n->text);
}

/* ---- reading ---- */

/* The value of a hex digit of an escape; -1 for any other byte. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decode in place.  false: a bad escape. */
static bool decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		int high, low;

		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		high = digit(text[1]);
		low = high < 0 ? -1 : digit(text[2]);
		if (low < 0)
			return false;
		*to++ = high + low == 0 ? '?' : (char)(high << 4 | low);
		text += 2;
	}
	*to = '\0';
	return true;
}

bool note_parse(struct note_view *v, const char *text, size_t len)
{
	char *at = v->buf, *next;

	v->n = 0;
	v->kind = v->buf;
	if (len > NOTE_TEXT_MAX || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(v->buf, text, len);
	v->buf[len] = '\0';
	while ((next = strchr(at, ' ')) != NULL) {
		char *equals;

		*next++ = '\0';
		at = next;
		equals = at + strcspn(at, "= ");
		if (*equals != '=' || v->n == NOTE_FIELDS_MAX)
			return false;
		*equals = '\0';
		v->field[v->n].name = at;
		v->field[v->n++].value = at = equals + 1;
	}
	/* Only now: a decoded value may hold a blank. */
	for (size_t i = 0; i < v->n; i++)
		if (!decode(v->field[i].value))
			return false;
	return v->kind[0] != '\0';
}

const char *note_get(const struct note_view *v, const char *name)
{
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->field[i].name, name) == 0)
			return v->field[i].value;
	return "";
}

int64_t note_get_number(const struct note_view *v, const char *name)
{
	return strtoll(note_get(v, name), NULL, 10);
}

bool note_get_flag(const struct note_view *v, const char *name)
{
	return strcmp(note_get(v, name), "yes") == 0;
}
