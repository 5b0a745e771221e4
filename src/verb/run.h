/* run: a program of the system, run to its end for what it prints.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_RUN_H
#define MXPOLICY_VERB_RUN_H

#include <stddef.h>

#define RUN_OUTPUT_MAX 262144 /* what comes beyond is dropped */
#define RUN_ERROR_MAX 512
#define RUN_SECONDS 10

enum run_result {
	RUN_DONE,   /* it ended with status 0 */
	RUN_ABSENT, /* no program of that name is installed */
	RUN_FAILED, /* err says why: its own words, or ours */
};

struct run {
	char out[RUN_OUTPUT_MAX + 1]; /* standard output, NUL-terminated */
	char err[RUN_ERROR_MAX + 1];  /* of RUN_FAILED: one line, printable */
};

/* argv[0] is a name without slashes; it is looked for in the system's own
 * directories, never in PATH, and runs without a shell, with an environment of
 * our own (C locale) and nothing on standard input.  It is killed after
 * RUN_SECONDS. */
enum run_result run_program(struct run *r, char *const argv[])
    __attribute__((warn_unused_result));

#endif
