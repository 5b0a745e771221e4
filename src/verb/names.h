/* names: the domains of a command line, or of standard input.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_NAMES_H
#define MXPOLICY_VERB_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names;

/* argv[0..argc-1] are the names; none at all, or a single "-": the words of
 * standard input, of any number, where "#" begins a comment up to the end of
 * the line.  argv must outlive the result, which is never NULL. */
struct names *names_open(int argc, char **argv);
void names_close(struct names *n);

/* The next name; NULL: there is none, or what is printed goes nowhere.  Valid
 * until names_close() when it is an argument, else until the next call. */
const char *names_next(struct names *n);

/* Did reading standard input fail?  (errno says why.) */
bool names_failed(const struct names *n);

/* How many there will be; 0: not known yet. */
size_t names_total(const struct names *n);

#endif
