/* share: what a serving process and `share` say to each other.
 * SPDX-License-Identifier: MIT
 *
 * Both directions are netstrings on a stream, as in wire/question.h; every
 * frame begins with its kind, the version of this format (1) and the number
 * that the asker gave what it is about.
 *
 * Asker to share:
 *
 *	get 1 SEQ KEY		what does the shared cache hold?
 *	lease 1 SEQ SINCE KEY	may I fetch the policy?  Mine is of SINCE
 *	put 1 SEQ KEY\nRECORD	keep this; nothing is answered
 *	leave 1 SEQ		SEQ is over: its lease, if any, is free
 *	drop 1 SEQ KEY		forget the key
 *	state 1 SEQ		how are things?
 *
 *   SEQ     1..4294967295
 *   SINCE   when it was fetched, seconds since the epoch, 0 for none
 *   KEY     as the cache has it (policy/domain.h): 1..DOMAIN_KEY_MAX bytes of
 *	     0x21..0x7e
 *   RECORD  as the cache has it (cache/record.h)
 *
 * share to asker:
 *
 *	found 1 SEQ\nRECORD	to get: it proved itself
 *	none 1 SEQ WHY		to get: miss, refused, down
 *	mine 1 SEQ		to lease: fetch now, for whatever reason
 *	busy 1 SEQ		to lease: somebody else is at it, wait; fetched
 *				or mine follows
 *	fetched 1 SEQ\nRECORD	to lease: somebody else did
 *	dropped 1 SEQ WHY	to drop: ok, miss, down
 *	stated 1 SEQ WHY USEC TEXT  to state: ok, down; the round trip in
 *				microseconds; a text for people
 *
 * Fields that are not the text or the record end with a blank each.  Where a
 * frame is not of this format the connection ends. */
#ifndef MXPOLICY_WIRE_SHARE_H
#define MXPOLICY_WIRE_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/domain.h"
#include "policy/reason.h"
#include "policy/sts.h"

#define SHARE_VERSION 1
/* Room for a record, see cache/record.h, which asserts it. */
#define SHARE_RECORD_MAX (STS_TEXT_MAX + 4096)
#define SHARE_HEAD_MAX (DOMAIN_KEY_MAX + 64)
#define SHARE_FRAME_MAX (SHARE_RECORD_MAX + SHARE_HEAD_MAX + REASON_MAX)

/* How long who waits for a shared record or a lease is held up, in ms: with
 * no word from share, and while somebody else is known to fetch. */
#define SHARE_BOUND_MS 20
#define SHARE_WAIT_MS 2000

enum share_kind {
	SHARE_GET,
	SHARE_LEASE,
	SHARE_PUT,
	SHARE_LEAVE,
	SHARE_DROP,
	SHARE_STATE,
	SHARE_FOUND,
	SHARE_NONE,
	SHARE_MINE,
	SHARE_BUSY,
	SHARE_FETCHED,
	SHARE_DROPPED,
	SHARE_STATED,
	SHARE_KINDS,
};

enum share_why {
	SHARE_OK,
	SHARE_MISS,
	SHARE_REFUSED, /* what is there did not prove itself */
	SHARE_DOWN,    /* the shared cache cannot be asked */
	SHARE_WHYS,
};

struct share_frame {
	enum share_kind kind;
	uint32_t seq;
	enum share_why why;
	uint32_t since, usec;
	char key[DOMAIN_KEY_MAX + 1];
	char text[REASON_MAX + 1];
	const void *record; /* borrowed from the payload */
	size_t record_len;
};

/* The payload, without framing.  Returns its length; 0: it does not fit. */
size_t share_format(
    const struct share_frame *f, char buf[static SHARE_FRAME_MAX]);

/* false: not of this format; f is then undefined. */
bool share_parse(struct share_frame *f, const char *payload, size_t len)
    __attribute__((warn_unused_result));

#endif
