/* notes: what a lookup meets on its way, for those who ask for it
 * (wire/note.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_NOTES_H
#define MXPOLICY_LOOKUP_NOTES_H

#include "lookup/dnspacket.h"
#include "policy/sts.h"
#include "wire/note.h"

/* Who wants notes.  What a note points to is valid during the call.  Every
 * function takes NULL as well: nobody wants them. */
struct notes {
	void (*put)(void *arg, const struct note *n);
	void *arg;
};

void notes_put(const struct notes *to, const struct note *n);

/* An answer, and each of its records.  host: the MX host that it is about, or
 * "". */
void notes_answer(const struct notes *to, enum note_part part, const char *host,
    const char *name, enum dns_type type, const struct dns_answer *a);

/* What became of the policy; fault (or NULL): what is invalid in the file. */
void notes_policy(const struct notes *to, const struct sts_finding *f,
    const struct sts_fault *fault);

#endif
