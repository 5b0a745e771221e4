/* trace: a lookup for a person, with all that happened on its way.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_TRACE_H
#define MXPOLICY_VERB_TRACE_H

#include "serve/answer.h"
#include "verb/verb.h"
#include "wire/note.h"

struct trace;

/* Open the cache, where the results are stored as well; root becomes its owner
 * for good (verb/drop_to_owner.h).  Never NULL. */
struct trace *trace_open(struct verb_context *v);
void trace_close(struct trace *c);

/* Look a next hop up, even if it is cached, and wait for the whole result, also
 * for what can no longer change the verdict. */
void trace_look(struct trace *c, const char *next_hop);

/* Of the last lookup: the answer on the map QUERY, valid until the next. */
const struct answer *trace_answer(const struct trace *c);

/* The replies of all maps of the configuration, in its order; NULL after the
 * last. */
const char *trace_reply(const struct trace *c, size_t map);

/* Walk the notes in the order of their arrival: get the next one of `kind` from
 * *pos on, which starts at 0.  What it points to is valid until the next
 * lookup.  false: there are no more. */
bool trace_next(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n);

/* Get the note at *pos if it is of `kind`: after an answer its records, after
 * an exchange its certificates. */
bool trace_follow(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n);

/* One MX host; valid as long as a note. */
struct trace_host {
	struct note_host note;
	int preference; /* -1: not from an MX record (implicit, smart host) */
};

/* The MX hosts, best preference first; at most max are filled.  Returns how
 * many. */
size_t trace_hosts(const struct trace *c, struct trace_host *host, size_t max);

/* "U", "X", "N", "E", "-". */
const char *trace_letter(enum host_status status);

#endif
