/* note: lines for people about what a lookup found (`query --explain`).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_NOTE_H
#define MXPOLICY_LOOKUP_NOTE_H

#include <stddef.h>
#include "lookup/dnspacket.h"

#define NOTE_MAX 600 /* a name, a reason and what is between */

/* Who wants notes.  put gets printable text, len bytes, valid during the
 * call. */
struct note_taker {
	void (*put)(void *arg, const char *text, size_t len);
	void *arg;
};

/* to may be NULL: nobody wants them. */
void note_put(const struct note_taker *to, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "MX example.com: secure, 2 records, ttl 300". */
void note_answer(const struct note_taker *to, const char *name,
    enum dns_type type, const struct dns_answer *a);

#endif
