/* libraries: which versions of libraries `resolve` runs with.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_LIBRARIES_H
#define MXPOLICY_VERB_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>
#include "policy/reason.h"

#define LIBRARIES_MAX 8
#define LIBRARIES_WORD_MAX 31

struct libraries {
	size_t n;
	struct library {
		char name[LIBRARIES_WORD_MAX + 1];
		char version[LIBRARIES_WORD_MAX + 1];
	} of[LIBRARIES_MAX];
	char
	    unconfined[REASON_MAX + 1]; /* what no sandbox is for; "" nothing */
};

/* Ask the program, which takes some milliseconds.  false: it does not start or
 * does not answer in time; then l is empty and why says so. */
bool libraries_read(struct libraries *l, struct reason *why)
    __attribute__((warn_unused_result));

/* Is the version of that name at least major.minor.patch?  true as well where
 * it is not known. */
bool libraries_is_at_least(const struct libraries *l, const char *name,
    unsigned int major, unsigned int minor, unsigned int patch);

#endif
