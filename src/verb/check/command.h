/* command: run a program of the system and take its output.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_COMMAND_H
#define MXPOLICY_VERB_CHECK_COMMAND_H

#include <stddef.h>

#define COMMAND_OUTPUT_MAX 262144 /* the rest is dropped */
#define COMMAND_ERROR_MAX 512
#define COMMAND_SECONDS 10

enum command_result {
	COMMAND_DONE,	/* exit status 0 */
	COMMAND_ABSENT, /* no program of that name is installed */
	COMMAND_FAILED, /* err says why: its own words or ours */
};

struct command {
	char out[COMMAND_OUTPUT_MAX + 1]; /* standard output, NUL-terminated */
	char err[COMMAND_ERROR_MAX + 1];  /* FAILED: one line, printable */
};

/* argv[0] is a name without slashes, searched for in the directories of the
 * system and never in PATH.  It runs without a shell, with an environment of
 * our own (C locale) and an empty standard input, and is killed after
 * COMMAND_SECONDS. */
enum command_result command_run(struct command *r, const char *const argv[])
    __attribute__((warn_unused_result));

#endif
