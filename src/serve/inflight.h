/* inflight: the lookups that this process has under way.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_INFLIGHT_H
#define MXPOLICY_SERVE_INFLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "cache/record.h"
#include "policy/domain.h"
#include "wire/question.h"

/* One lookup.  Its record is what is known so far: the stored one, with each
 * finding folded in as it comes. */
struct lookup {
	char key[DOMAIN_KEY_MAX + 1];
	struct record record;
	bool dane_pending, sts_pending;
	bool fetching;	  /* the TXT record is in, the policy on its way */
	bool blind;	  /* what the cache holds could not be read */
	bool queued;	  /* resolve is busy with others */
	bool later;	  /* nobody waits for it any more */
	bool over;	  /* nothing more comes */
	bool stored;	  /* the record is in the cache */
	int64_t asked_us; /* clock_us() of the question */
};

/* The same, with what only refresh.c needs to know. */
struct flight {
	struct lookup lookup; /* first: handed out as such */
	uint32_t seq;	      /* 0: this place is free */
	size_t place;	      /* where it stands, for inflight.c */
	struct question question;
	unsigned deaths;  /* of resolve, while it was open */
	bool changed;	  /* the record waits to be stored */
	bool ending;	  /* and then the lookup is over */
	char *text;	  /* the policy's text, ours */
	int64_t until;	  /* what is fresh then is not looked up */
	int64_t defer_ms; /* when to ask resolve at last; 0: it is asked */
	struct flight_share {
		bool asked;   /* share is, and has not answered */
		bool leasing; /* it is asked for the lease, or has given it */
		bool waits;   /* another machine has it */
		bool found;   /* something was found here that others lack */
		int64_t asked_us, leasing_us;
		uint32_t txt_ttl;
		char txt_id[STS_ID_MAX + 1]; /* "" until it is in */
	} share;
};

struct inflight;

/* Room for max lookups. */
struct inflight *inflight_open(size_t max);
void inflight_close(struct inflight *in);

/* The one of a key, or of a seq that is not over; NULL: there is none. */
struct flight *inflight_find(struct inflight *in, const char *key);
struct flight *inflight_find_seq(struct inflight *in, uint32_t seq);

/* A free place; else that of one that is over.  NULL: all are taken. */
struct flight *inflight_take(struct inflight *in);
/* The oldest that nobody waits for; NULL: everybody is waited for. */
struct flight *inflight_unwanted(struct inflight *in);
/* A place becomes free. */
void inflight_clear(struct flight *f);
/* A number for a question, not in use. */
uint32_t inflight_seq(struct inflight *in);

/* The policy's text moves from a borrowed buffer into memory of our own. */
void inflight_own_text(struct flight *f);

/* How many are not over. */
size_t inflight_running(const struct inflight *in);
/* Walk all that are taken: NULL first, NULL after the last. */
struct flight *inflight_next(struct inflight *in, struct flight *f);

#endif
