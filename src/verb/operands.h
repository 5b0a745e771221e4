/* operands: the domains of a command line, or of standard input.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_OPERANDS_H
#define MXPOLICY_VERB_OPERANDS_H

#include <stdbool.h>
#include <stddef.h>
#include "verb/verb.h"

struct operands;

/* argv[0..argc-1] are the names; none at all, or a single "-": the words of
 * standard input, of any number, where "#" begins a comment up to the end of
 * the line.  argv must outlive the result, which is never NULL. */
struct operands *operands_open(int argc, char **argv);
void operands_close(struct operands *n);

/* The next name; NULL: there is none, or standard output cannot be written.
 * Valid until operands_close() when it is an argument, else until the next
 * call. */
const char *operands_next(struct operands *n);

/* Did reading standard input fail?  (errno says why.) */
bool operands_failed(const struct operands *n);

/* How many there will be; 0: not known yet. */
size_t operands_total(const struct operands *n);

/* Call one() for each name, in order.  Returns the largest of its exit codes;
 * VERB_UNAVAILABLE, after a complaint, if standard input cannot be read. */
int operands_each(const struct verb *verb, int argc, char **argv,
    int (*one)(void *arg, const char *name), void *arg);

#endif
