/* notes: tell what happens during a lookup (wire/note.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_NOTES_H
#define MXPOLICY_LOOKUP_NOTES_H

#include "dns/dnspacket.h"
#include "policy/sts.h"
#include "wire/note.h"

/* Where notes go.  What a note points to is valid only during the call.  All
 * functions accept NULL: nobody wants notes. */
struct notes {
	void (*put)(void *arg, const struct note *n);
	void *arg;
};

void notes_put(const struct notes *to, const struct note *n);

/* Put an answer and each of its records.  host: the MX host, or "". */
void notes_answer(const struct notes *to, enum note_part part, const char *host,
    const char *name, enum dns_type type, const struct dns_answer *a);

/* Put the outcome for the policy.  fault: what is invalid in the file, or
 * NULL. */
void notes_policy(const struct notes *to, const struct sts_finding *f,
    const struct sts_fault *fault);

#endif
