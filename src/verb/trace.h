/* trace: a lookup made for a person, with all that it met on its way.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_TRACE_H
#define MXPOLICY_VERB_TRACE_H

#include "serve/answer.h"
#include "verb/verb.h"
#include "wire/note.h"

struct trace;

/* Opens the cache, which gets what is looked up; root becomes its owner for
 * good (verb/owner.h).  Never NULL. */
struct trace *trace_open(struct verb_context *v);
void trace_close(struct trace *c);

/* Look a next hop up, whatever the cache holds, and wait for all of it (also
 * for what cannot change the verdict any more). */
void trace_look(struct trace *c, const char *next_hop);

/* Of the last lookup: the answer on the map QUERY, valid until the next. */
const struct answer *trace_answer(const struct trace *c);

/* The replies of all maps of the configuration, in its order; NULL behind the
 * last. */
const char *trace_reply(const struct trace *c, size_t map);

/* Walk the notes in the order in which they came: the next one of `kind` from
 * *pos on, which begins at 0.  What it points to is valid until the next
 * lookup.  false: no more. */
bool trace_next(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n);

/* The records of the answer that trace_next() has just found at *pos, and the
 * certificates of an exchange: the next note if it is of `kind`. */
bool trace_follow(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n);

/* One MX host, as lookups saw it; valid as a note is. */
struct trace_host {
	struct note_host note;
	int preference; /* -1: not of an MX record (implicit, smart host) */
};

/* The MX hosts, best preference first; at most max are filled.  Returns how
 * many. */
size_t trace_hosts(const struct trace *c, struct trace_host *host, size_t max);

/* "U", "X", "N", "E", "-". */
const char *trace_letter(enum host_status status);

#endif
