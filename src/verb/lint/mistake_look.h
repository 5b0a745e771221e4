/* mistake_look: how mistake*.c look at text; for them alone.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_MISTAKE_LOOK_H
#define MXPOLICY_VERB_LINT_MISTAKE_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include "base/ascii.h"

static inline bool look_begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

/* Letters in any case. */
static inline const char *look_find(
    const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++)
		if (ascii_equal(text + i, word, n))
			return text + i;
	return NULL;
}

static inline bool look_has(const char *text, size_t len, const char *word)
{
	return look_find(text, len, word) != NULL;
}

static inline size_t look_blanks(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && (text[n] == ' ' || text[n] == '\t'))
		n++;
	return n;
}

/* "[enforce|testing|none]", "[mx]", "<yourdomain>", "${X}", "{{ x }}". */
bool look_is_template(const char *text, size_t len);

#endif
