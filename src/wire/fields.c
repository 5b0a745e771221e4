/* fields: blank-separated fields of a text frame (wire/question.h).
 * SPDX-License-Identifier: MIT */
#include "wire/fields.h"

#include <string.h>
#include "base/ascii.h"
#include "base/text.h"

#define DIGITS_MAX 10 /* of a uint32_t */

void fields_put(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

void fields_put_word(struct bytes *b, const char *word)
{
	fields_put(b, word[0] != '\0' ? word : FIELDS_NONE);
	fields_put(b, " ");
}

void fields_put_number(struct bytes *b, uint32_t v)
{
	char text[DIGITS_MAX + 1], *end = text + sizeof text, *at = end;

	*--at = ' ';
	do {
		*--at = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	bytes_put(b, at, (size_t)(end - at));
}

void fields_init(struct fields *f, const char *frame, size_t len, size_t max)
{
	f->bad = len == 0 || len > max;
	f->at = frame;
	f->end = f->bad ? frame : frame + len;
}

struct field fields_take(struct fields *f)
{
	struct field field = {f->at, 0};
	const char *blank = NULL;

	if (!f->bad && f->at < f->end)
		blank = memchr(f->at, ' ', (size_t)(f->end - f->at));
	if (blank == NULL || blank == f->at) {
		f->bad = true;
		return field;
	}
	field.len = (size_t)(blank - f->at);
	f->at = blank + 1;
	return field;
}

struct field fields_take_rest(struct fields *f)
{
	struct field field = {f->at, (size_t)(f->end - f->at)};

	f->at = f->end;
	return field;
}

bool fields_is_word(struct field field, const char *word)
{
	return field.len == strlen(word) &&
	       memcmp(field.text, word, field.len) == 0;
}

static uint32_t to_number(
    struct fields *f, struct field field, uint32_t min, uint32_t max)
{
	uint64_t v = 0;

	if (field.len == 0 || field.len > DIGITS_MAX ||
	    (field.len > 1 && field.text[0] == '0'))
		f->bad = true;
	for (size_t i = 0; !f->bad && i < field.len; i++) {
		if (field.text[i] < '0' || field.text[i] > '9')
			f->bad = true;
		else
			v = v * 10 + (uint64_t)(field.text[i] - '0');
	}
	if (f->bad || v < min || v > max) {
		f->bad = true;
		return min;
	}
	return (uint32_t)v;
}

uint32_t fields_take_number(struct fields *f, uint32_t min, uint32_t max)
{
	return to_number(f, fields_take(f), min, max);
}

uint32_t fields_take_last_number(struct fields *f, uint32_t min, uint32_t max)
{
	return to_number(f, fields_take_rest(f), min, max);
}

size_t fields_take_choice(
    struct fields *f, const char *const words[], size_t count)
{
	struct field field = fields_take(f);

	for (size_t i = 0; i < count; i++) {
		if (fields_is_word(field, words[i]))
			return i;
	}
	f->bad = true;
	return 0;
}

void fields_take_id(struct fields *f, char id[static STS_ID_MAX + 1])
{
	struct field field = fields_take(f);

	id[0] = '\0';
	if (fields_is_word(field, FIELDS_NONE))
		return;
	if (field.len > STS_ID_MAX) {
		f->bad = true;
		return;
	}
	for (size_t i = 0; i < field.len; i++) {
		if (!ascii_is_alnum(field.text[i])) {
			f->bad = true;
			return;
		}
	}
	memcpy(id, field.text, field.len);
	id[field.len] = '\0';
}

bool fields_is_printable(struct field field)
{
	for (size_t i = 0; i < field.len; i++) {
		if (!text_is_printable(field.text[i]))
			return false;
	}
	return true;
}
