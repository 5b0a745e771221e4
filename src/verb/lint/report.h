/* report: print the findings of lint.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_REPORT_H
#define MXPOLICY_VERB_LINT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/domain.h"
#include "verb/verb.h"

#define LINT_SOURCE_MAX (DOMAIN_UTF8_MAX + 64) /* a name, what is around it */

enum lint_level {
	LINT_ERROR,   /* senders find no policy, or would not deliver */
	LINT_WARNING, /* works, but is probably not intended */
	LINT_NOTE,    /* works, but could be better */
	LINT_LEVELS,
};

/* What is checked: a file, a TXT record, an answer. */
struct lint_source {
	char name[LINT_SOURCE_MAX + 1]; /* at the beginning of messages */
	const char *text; /* NULL: it has no lines; may contain any byte */
	size_t len;
};

struct lint {
	struct verb_context *v;
	/* Of the current target. */
	const char *target; /* a domain, or "" if there are only texts */
	size_t count[LINT_LEVELS];
	bool absent;  /* nothing is published */
	bool unknown; /* something could not be determined */
	/* The beginning of the last finding's line, and its text. */
	const char *last_text, *last_at;
	unsigned last_line;
};

/* Print one finding.  id is its name in --json and never changes.  line and
 * column count from 1; 0 means the whole source. */
void lint_tell(struct lint *l, enum lint_level level, const char *id,
    const struct lint_source *s, unsigned line, unsigned column,
    const char *fmt, ...) __attribute__((format(printf, 7, 8)));

/* Print one line for the target: the number of findings. */
void lint_sum(const struct lint *l);

#endif
