/* lint: what a domain publishes, for those who publish it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_LINT_H
#define MXPOLICY_VERB_LINT_LINT_H

#include "policy/sts.h"
#include "verb/trace.h"
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

/* An MX pattern of a policy, canonical, and where it stands. */
struct lint_mx {
	char *pattern;
	unsigned line, column;
};

/* What a policy file says, as far as it can be read. */
struct lint_policy {
	bool valid;
	struct sts_policy policy; /* valid; its text is static */
	unsigned mode_line, mode_column, max_age_line, max_age_column;
	size_t n_mx;
	struct lint_mx *mx; /* owned */
};

/* Look at a text (linttext.c); all there is to find is told.  p is to be
 * freed with lint_policy_clear(). */
void lint_policy_text(
    struct lint *l, const struct lint_source *s, struct lint_policy *p);
void lint_policy_clear(struct lint_policy *p);
enum sts_txt lint_txt_text(struct lint *l, const struct lint_source *s,
    char id[static STS_ID_MAX + 1]);

/* Look at a domain (lintdomain.c).  policy and txt, where they are not NULL,
 * are to be published: they stand for what is. */
void lint_domain(struct lint *l, struct trace *c,
    const struct lint_source *policy, const struct lint_source *txt);

#endif
