/* json: what --json prints.  Owns <jansson.h>.
 * SPDX-License-Identifier: MIT
 *
 * Every verb prints JSON Lines: one object on a line, with "schema" naming
 * its form ("query-1").  mxpolicy-json(5) documents the forms; under the same
 * schema a member is never renamed or given another type, but new ones may be
 * added. */
#ifndef MXPOLICY_VERB_JSON_H
#define MXPOLICY_VERB_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The text is an object with one member, a string: *name and *value are copies
 * that the caller frees.  false: it is not. */
bool json_read_pair(const char *text, size_t len, char **name, char **value)
    __attribute__((warn_unused_result));

/* A new object with its "schema".  These functions never return NULL: without
 * memory the program exits (base/xalloc.h). */
json_t *json_open(const char *schema);

/* Print the object as one line of standard output, and free it. */
void json_print(json_t *object);

/* Set members; bytes that are not UTF-8 become '?'. */
void json_text(json_t *object, const char *name, const char *text);
void json_text_n(
    json_t *object, const char *name, const char *text, size_t len);
void json_number(json_t *object, const char *name, int64_t number);
void json_flag(json_t *object, const char *name, bool flag);
/* A time of the cache: seconds since the epoch, or null for 0 (never). */
void json_time(json_t *object, const char *name, int64_t when);
/* Set (and take over) an object or array; the member is returned. */
json_t *json_member(json_t *object, const char *name, json_t *member);

/* Append to an array. */
void json_append_text(json_t *array, const char *text);
json_t *json_append_object(json_t *array);

#endif
