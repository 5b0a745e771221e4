/* text: what is to be said of a policy file and a TXT record.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_TEXT_H
#define MXPOLICY_VERB_LINT_TEXT_H

#include "policy/sts.h"
#include "verb/lint/report.h"

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
	size_t n_mx, room;
	struct lint_mx *mx; /* owned */
};

/* Look at a text (linttext.c); all there is to find is told.  p is to be
 * freed with lint_policy_clear(). */
void lint_policy_text(
    struct lint *l, const struct lint_source *s, struct lint_policy *p);
void lint_policy_clear(struct lint_policy *p);
enum sts_txt lint_txt_text(struct lint *l, const struct lint_source *s,
    char id[static STS_ID_MAX + 1]);

#endif
