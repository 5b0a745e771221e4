/* check: the set-up, item by item.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_CHECK_CHECK_H
#define MXPOLICY_VERB_CHECK_CHECK_H

#include <sys/types.h>
#include "verb/check/postfix.h"
#include "verb/check/socket.h"
#include "verb/verb.h"

enum check_state {
	CHECK_GOOD,
	CHECK_WARNING, /* works, but not as it should */
	CHECK_BAD,     /* mail waits, or goes out without what was promised */
	CHECK_SKIPPED, /* could not be looked at; the text says why */
};
#define CHECK_STATES 4

#define CHECK_FIX_MAX 2048
#define CHECK_ENDPOINTS_MAX 16

/* A socket that Postfix is told to ask, or that systemd listens on. */
struct check_endpoint {
	struct maincf_table table; /* a unix path is absolute here */
	enum checksocket result;
};

struct check {
	struct verb_context *v;
	const char *group; /* of the next items: "lookup", "postfix", ... */
	const char *where; /* a Postfix configuration directory, or "" */
	size_t count[CHECK_STATES];

	/* The user that serves. */
	const char *user;
	bool has_user; /* the two below are known */
	uid_t uid;
	gid_t gid;
	bool systemd; /* it runs this machine */

	/* What is learned on the way. */
	struct postfix *postfix; /* instances, or NULL */
	size_t n_postfix;
	struct check_endpoint endpoint[CHECK_ENDPOINTS_MAX];
	size_t n_endpoints;
	long connections; /* how many the socket takes at once, 0 unknown */
};

/* Begin a group: its word for programs, its heading for a person (_()). */
void check_group(struct check *c, const char *group, const char *heading);

/* Tell one item: its word, a text for a person (_()), and lines to be pasted,
 * or NULL.  It is printed at once. */
void check_tell(struct check *c, enum check_state state, const char *item,
    const char *fix, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Write a text; one that does not fit becomes "": half a command is none. */
void check_put(char *to, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* May the user that serves do this (as for access(2))?  Tries it as that user
 * where we are root; where we are somebody else, goes by owner and mode. */
bool check_may(const struct check *c, const char *path, int mode);

/* What became of asking a table of main.cf; NULL: it was not asked. */
const struct check_endpoint *check_endpoint(
    const struct check *c, const struct maincf_table *t);

/* The groups of items. */
void check_settings(struct check *c); /* checklookup.c */
void check_lookup(struct check *c);   /* checklookup.c */
void check_cache(struct check *c);    /* checkcache.c */
void check_serve(struct check *c);    /* checkserve.c */
void check_postfix(struct check *c);  /* checkpostfix.c */

#endif
