/* json: what --json prints.
 * SPDX-License-Identifier: MIT */
#include "verb/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

static json_t *need(json_t *value)
{
	xneed(value != NULL);
	return value;
}

/* jansson rejects malformed UTF-8: then every byte above ASCII is replaced. */
static json_t *string_of(const char *text, size_t len)
{
	json_t *value = json_stringn(text, len);
	char *copy;

	if (value != NULL)
		return value;
	copy = xmemdup(text, len);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	value = need(json_stringn(copy, len));
	free(copy);
	return value;
}

json_t *json_member(json_t *object, const char *name, json_t *member)
{
	xneed(json_object_set_new(object, name, need(member)) == 0);
	return member;
}

bool json_read_pair(const char *text, size_t len, char **name, char **value)
{
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	void *member = json_object_iter(object);
	const char *string =
	    json_object_size(object) == 1
		? json_string_value(json_object_iter_value(member))
		: NULL;

	if (string != NULL) {
		*name = xstrdup(json_object_iter_key(member));
		*value = xstrdup(string);
	}
	json_decref(object);
	return string != NULL;
}

json_t *json_open(const char *schema)
{
	json_t *object = need(json_object());

	json_text(object, "schema", schema);
	return object;
}

void json_print(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

void json_text_n(json_t *object, const char *name, const char *text, size_t len)
{
	json_member(object, name, string_of(text, len));
}

void json_text(json_t *object, const char *name, const char *text)
{
	json_text_n(object, name, text, strlen(text));
}

void json_number(json_t *object, const char *name, int64_t number)
{
	json_member(object, name, json_integer(number));
}

void json_flag(json_t *object, const char *name, bool flag)
{
	json_member(object, name, json_boolean(flag));
}

void json_time(json_t *object, const char *name, int64_t when)
{
	json_member(object, name, when != 0 ? json_integer(when) : json_null());
}

void json_append_text(json_t *array, const char *text)
{
	xneed(json_array_append_new(array, string_of(text, strlen(text))) == 0);
}

json_t *json_append_object(json_t *array)
{
	json_t *object = need(json_object());

	xneed(json_array_append_new(array, object) == 0);
	return object;
}
