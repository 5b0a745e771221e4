/* verb: what `mxpolicy` can be told to do.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERB_H
#define MXPOLICY_VERB_VERB_H

#include <libintl.h>
#include "serve/config.h"

/* What a person reads is translated; N_() marks texts in tables. */
#define _(text) gettext(text)
#define N_(text) text

/* Exit codes of mxpolicy(1). */
enum verb_exit {
	VERB_OK = 0,	   /* the reply is OK */
	VERB_NOTFOUND = 1, /* the reply is NOTFOUND */
	VERB_USAGE = 64,   /* EX_USAGE: the command line */
	VERB_TEMP = 75,	   /* EX_TEMPFAIL: the reply is TEMP */
};

struct verb_context {
	struct config config;
	char **options; /* -c and -o as given, NULL-terminated, for resolve */
};

struct verb {
	const char *name;
	const char *arguments; /* as --help shows them */
	const char *summary;   /* N_() */
	/* argv[0] is the verb. */
	int (*run)(struct verb_context *v, int argc, char **argv);
};

/* A complaint about the command line on standard error; returns VERB_USAGE. */
int verb_usage(const struct verb *verb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

extern const struct verb verb_query;

#endif
