/* words: what notes say, in words that both forms of explain have.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_EXPLAIN_WORDS_H
#define MXPOLICY_VERB_EXPLAIN_WORDS_H

#include "wire/note.h"

#define WORDS_MAX 200

/* Why a host counts as it does: N_(), or, for what failed, the reason; "" for
 * what its TLSA records say. */
const char *words_because(const struct note_host *h);

/* A remark about MX records; in the language of the locale when `translated`.
 * buf is returned. */
const char *words_mx(
    const struct note_mx *m, bool translated, char buf[static WORDS_MAX]);

/* "valid", "same", "none", "invalid", a class of RFC 8460 or "failed". */
const char *words_outcome(const struct note_policy *p);

/* Walk the lines of a policy file, without their ends.  *pos begins at 0.
 * false: there is none any more. */
bool words_next_line(
    const struct note_body *b, size_t *pos, const char **line, size_t *len);

#endif
