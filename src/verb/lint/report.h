/* report: the findings that lint prints, one after the other.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_REPORT_H
#define MXPOLICY_VERB_LINT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/domain.h"
#include "verb/verb.h"

#define LINT_SOURCE_MAX (DOMAIN_UTF8_MAX + 64) /* a name, its surroundings */

enum lint_level {
	LINT_ERROR,   /* senders find no policy, or would not deliver */
	LINT_WARNING, /* it works, and is likely not what was meant */
	LINT_NOTE,    /* it works, and could be better */
	LINT_LEVELS,
};

/* What is looked at: a file, a TXT record, an answer. */
struct lint_source {
	char name[LINT_SOURCE_MAX + 1]; /* as messages begin */
	const char *text; /* NULL: it has no lines; may hold any byte */
	size_t len;
};

struct lint {
	struct verb_context *v;
	/* Of the target that is being looked at. */
	const char *target; /* a domain, or "" for texts alone */
	size_t count[LINT_LEVELS];
	bool absent;  /* nothing is published */
	bool unknown; /* something could not be found out */
	/* Where the line of the last finding begins, in which text. */
	const char *last_text, *last_at;
	unsigned last_line;
};

/* Tell one finding; id is its name in --json, the same for ever.  line and
 * column count from 1, 0 for the whole source. */
void lint_tell(struct lint *l, enum lint_level level, const char *id,
    const struct lint_source *s, unsigned line, unsigned column,
    const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* One line for a target that was looked at: how many findings there are. */
void lint_sum(const struct lint *l);

#endif
