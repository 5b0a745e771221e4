/* text: check the text of a policy file or a TXT record.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LINT_TEXT_H
#define MXPOLICY_VERB_LINT_TEXT_H

#include "policy/sts.h"
#include "verb/lint/report.h"

/* An mx pattern of a policy, canonical, and its place. */
struct lint_mx {
	char *pattern;
	unsigned line, column;
};

/* The content of a policy file, as far as it can be parsed. */
struct lint_policy {
	bool valid;
	struct sts_policy policy; /* if valid; its text is static */
	unsigned mode_line, mode_column, max_age_line, max_age_column;
	size_t n_mx, room;
	struct lint_mx *mx; /* owned */
};

/* Check a text and print all findings.  p must be freed by
 * lint_policy_clear(). */
void lint_policy_text(
    struct lint *l, const struct lint_source *s, struct lint_policy *p);
void lint_policy_clear(struct lint_policy *p);
enum sts_txt lint_txt_text(struct lint *l, const struct lint_source *s,
    char id[static STS_ID_MAX + 1]);

#endif
