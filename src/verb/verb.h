/* verb: the verbs of `mxpolicy`, and what they share.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_VERB_H
#define MXPOLICY_VERB_VERB_H

#include "policy/verdict.h"
#include "serve/config.h"
#include "term/term.h"
#include "term/translate.h"

/* Exit codes of mxpolicy(1). */
enum verb_exit {
	VERB_OK = 0,	       /* an OK reply; a check without findings */
	VERB_NOTFOUND = 1,     /* a NOTFOUND reply; nothing is there */
	VERB_BAD = 2,	       /* a check that found something wrong */
	VERB_USAGE = 64,       /* EX_USAGE: the command line */
	VERB_UNAVAILABLE = 69, /* EX_UNAVAILABLE: a file, a cache, a program */
	VERB_TEMP = 75,	       /* EX_TEMPFAIL: a TEMP reply */
	VERB_NOPERM = 77,      /* EX_NOPERM: not permitted */
};

/* The exit code for a verdict. */
int verb_exit_code(enum verdict v);

struct verb_context {
	struct config config;
	char **options;	  /* -c and -o as given, NULL-terminated, for resolve */
	struct term term; /* standard output, as --color says */
	bool json;	  /* --json was given */
};

struct verb_option {
	int letter;	      /* what verb_option() returns for it, above 0 */
	const char *name;     /* without the "--"; NULL ends a table */
	const char *argument; /* "NAME"; NULL where it takes none */
	const char *help;     /* N_() */
};

struct verb {
	const char *name;      /* may be two words: "cache list" */
	const char *arguments; /* N_(): "DOMAIN..."; "": none */
	const char *instead;   /* N_(): what to do instead of an operand, for a
				verb without arguments; NULL */
	const char *summary;   /* N_(), one line */
	const struct verb_option *options; /* NULL for none of its own */
	/* argv[0] is the verb (its last word), options are not yet read. */
	int (*run)(struct verb_context *v, int argc, char **argv);
};

/* All verbs, in the order of --help; ends with NULL. */
extern const struct verb *const verbs[];

/* The verb that argv begins with; *words is how many of argv name it.  NULL:
 * there is none; *words is then how many of argv begin the name of one. */
const struct verb *verb_find(int argc, char **argv, int *words);

/* The next option of a verb, like getopt_long(): its letter, with *value set
 * where it takes one (else NULL).  The options that every verb has (--json,
 * --color, --help) are handled within.  0: no more; argv[optind] is the first
 * operand, if the verb takes any.  Below 0: run() shall return -result - 1 at
 * once: a complaint, or the help that was asked for, has been printed. */
int verb_option(struct verb_context *v, const struct verb *verb, int argc,
    char **argv, const char **value);
#define VERB_STOP(result) (-(result)-1)

/* A complaint about the command line, with the verb's usage, on standard
 * error; returns VERB_USAGE. */
int verb_usage(const struct verb *verb, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "mxpolicy VERB: ...": why it cannot be done, on standard error; returns
 * code. */
int verb_fail(const struct verb *verb, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Print the help of all verbs, or of those whose name begins with `prefix`
 * (a word), or of one verb: all from the table. */
void verb_help_all(const char *prefix);
void verb_help(const struct verb *verb);

extern const struct verb verb_cache_drop;
extern const struct verb verb_cache_export;
extern const struct verb verb_cache_list;
extern const struct verb verb_cache_repack;
extern const struct verb verb_cache_show;
extern const struct verb verb_cache_stats;
extern const struct verb verb_check;
extern const struct verb verb_lint;
extern const struct verb verb_metrics;
extern const struct verb verb_query;
extern const struct verb verb_explain;
extern const struct verb verb_verify;

#endif
