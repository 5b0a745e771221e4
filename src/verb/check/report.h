/* report: the items that `mxpolicy check` prints, one after the other.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_REPORT_H
#define MXPOLICY_VERB_CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include "term/term.h"
#include "term/translate.h"

enum check_state {
	CHECK_GOOD,
	CHECK_WARNING, /* works, but not as it should */
	CHECK_BAD,     /* mail is deferred, or sent less securely than meant */
	CHECK_SKIPPED, /* could not be checked; the text says why */
};
#define CHECK_STATES 4

#define CHECK_FIX_MAX 2048

struct check_report {
	const struct term *term;
	bool json;
	const char *group; /* of the next items: "lookup", "postfix", ... */
	const char *where; /* a Postfix configuration directory, or NULL */
	size_t count[CHECK_STATES];
};

/* Begin a group: its word for programs, its heading for a person (_()).  The
 * group has no `where` until the caller sets it. */
void check_group(
    struct check_report *r, const char *group, const char *heading);

/* Print one item at once: its word for programs, a text for a person (_()),
 * and lines to paste, or NULL. */
void check_tell(struct check_report *r, enum check_state state,
    const char *item, const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Print how many items there were of each state. */
void check_sum(const struct check_report *r);

/* A word of the shell, in quotation marks where it has to be; "" where it does
 * not fit. */
void check_quote(char *to, size_t size, const char *word);

/* Write a text; one that does not fit becomes "": half a command must not be
 * pasted. */
void check_put(char *to, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
