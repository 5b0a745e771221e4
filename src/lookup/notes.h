/* notes: what a lookup tells a person, for `explain` and its kind
 * (wire/note.h lists them).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_NOTES_H
#define MXPOLICY_LOOKUP_NOTES_H

#include <stddef.h>
#include "lookup/dnspacket.h"
#include "policy/sts.h"
#include "policy/verdict.h"
#include "wire/note.h"

/* Who wants notes.  put gets a note's text, len bytes, valid during the call.
 * Every function takes NULL as well: nobody wants them. */
struct notes {
	void (*put)(void *arg, const char *text, size_t len);
	void *arg;
};

/* Put a note that the caller made. */
void notes_put(const struct notes *to, const struct note *n);

/* An answer, and each of its records.  part: "mx", "host", "txt", "https";
 * host: the MX host that it is about, or "". */
void notes_answer(const struct notes *to, const char *part, const char *host,
    const char *name, enum dns_type type, const struct dns_answer *a);

/* What one MX host counts as; usable of all its TLSA records, why or "". */
void notes_host(const struct notes *to, const char *name,
    enum host_status state, size_t usable, size_t of, const char *why);

/* What is odd about an MX RRset. */
void notes_mx(const struct notes *to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The lines of a policy file, as it was fetched. */
void notes_lines(const struct notes *to, const char *file, size_t len);

/* What became of the policy: "same" and "valid" (f has the rest), or why
 * there is none. */
void notes_policy(const struct notes *to, const struct sts_finding *f);

#endif
