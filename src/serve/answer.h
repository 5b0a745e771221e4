/* answer: from a request's key to the reply's text.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_ANSWER_H
#define MXPOLICY_SERVE_ANSWER_H

#include <stddef.h>
#include "serve/config.h"
#include "serve/refresh.h"
#include "wire/reply.h"

/* What answering needs; the owner opens and closes the parts. */
struct answer_env {
	const struct config *config;
	struct store *store;
	struct refresh *refresh;
	char *const *args; /* as for link_open() */
	/* What was looked up before this time is not used (0: all that is
	 * fresh is).  For who wants to know how things are now. */
	int64_t since;
	bool live; /* look everything up, whatever the cache holds */
};

/* What was answered, for those who show it. */
struct answer {
	enum verdict verdict;
	bool cached;			/* no lookup was needed */
	int64_t usec;			/* how long it took when it was not */
	bool dane_pending, sts_pending; /* still being looked up */
	bool lost; /* nothing can be looked up here any more (link_is_lost()) */
	struct domain domain;
	char key[DOMAIN_KEY_MAX + 1];
	struct record record; /* valid until the next answer_*() call */
	struct reason why;    /* of TEMP */
};

/* Answer one key on one map: from the cache, else by a lookup of our own or
 * somebody else's, until config's answer-timeout.  Writes the reply's payload
 * to buf and returns its length; a is filled.  Every key gets an answer, and
 * what it rests on is in the cache before.  A cached answer takes no system
 * call. */
size_t answer_key(struct answer_env *env, const struct config_map *map,
    const char *key, size_t key_len, struct answer *a,
    char buf[static REPLY_MAX]);

/* After the reply was written: note that the domain was asked for. */
void answer_note_use(struct answer_env *env, const struct answer *a);

#endif
