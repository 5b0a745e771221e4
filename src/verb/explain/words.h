/* words: notes in words, for both forms of explain.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_EXPLAIN_WORDS_H
#define MXPOLICY_VERB_EXPLAIN_WORDS_H

#include "wire/note.h"

#define WORDS_MAX 200

/* Why a host has its status: N_(), or the reason of a failure; "" if its TLSA
 * records say it all. */
const char *words_because(const struct note_host *h);

/* A remark about MX records, in the language of the locale if `translated`;
 * returns buf. */
const char *words_mx(
    const struct note_mx *m, bool translated, char buf[static WORDS_MAX]);

/* "valid", "same", "none", "invalid", a class of RFC 8460 or "failed". */
const char *words_outcome(const struct note_policy *p);

/* Get the next line of a policy file, without its line end.  *pos starts at 0.
 * false: there are no more. */
bool words_next_line(
    const struct note_body *b, size_t *pos, const char **line, size_t *len);

#endif
