/* fields: blank-separated fields of a text frame (wire/question.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_FIELDS_H
#define MXPOLICY_WIRE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"
#include "policy/sts.h"
#include "wire/bytes.h"

#define FIELDS_NONE "-" /* an empty field, where it is not the last */

/* Writing, each with the blank that ends the field.  The last field of a
 * frame is written with fields_put(). */
void fields_put(struct bytes *b, const char *text);
void fields_put_word(struct bytes *b, const char *word); /* "" as "-" */
void fields_put_number(struct bytes *b, uint32_t v);

/* Reading: a cursor with a sticky error.  Nothing is trusted: exactly one
 * blank between fields, numbers without sign or leading zero and in range. */
struct fields {
	const char *at, *end;
	bool bad;
};

struct field {
	const char *text; /* into the frame, not NUL-terminated */
	size_t len;
};

/* A frame of 1..max bytes; other lengths are bad at once. */
void fields_init(struct fields *f, const char *frame, size_t len, size_t max);

/* The next field, which must be followed by a blank; empty fields are bad. */
struct field fields_take(struct fields *f);

/* All that is left, of any content: the last field. */
struct field fields_take_rest(struct fields *f);

bool fields_is_word(struct field field, const char *word);

uint32_t fields_take_number(struct fields *f, uint32_t min, uint32_t max);
uint32_t fields_take_last_number(struct fields *f, uint32_t min, uint32_t max);

/* The index of the field among words; if it is not there, 0 and bad. */
size_t fields_take_choice(
    struct fields *f, const char *const words[], size_t count);

/* "-" or 1*32 letters and digits. */
void fields_take_id(struct fields *f, char id[static STS_ID_MAX + 1]);

/* 0x20..0x7e throughout. */
bool fields_is_printable(struct field field);

#endif
