/* question: what a serving process and `resolve` say to each other.
 * SPDX-License-Identifier: MIT
 *
 * Both directions are netstrings on a stream.  Fields are printable text,
 * separated by one blank; every frame begins with its kind, the version of
 * this format (2) and the number that the asker gave the question.
 *
 * Asker to resolve, at most QUESTION_MAX bytes:
 *
 *	question 2 SEQ KIND PORT WANT ID NAME
 *	later 2 SEQ		(nobody waits for SEQ any more; go on until its
 *				place is needed)
 *	cancel 2 SEQ		(forget SEQ; there is still an `end`)
 *	go 2 SEQ		(fetch the policy that is held back by h)
 *	wait 2 SEQ		(somebody else fetches it: hold it back for
 *				QUESTION_WAIT_MS)
 *	skip 2 SEQ		(the MTA-STS half is known: no more of it)
 *
 *   SEQ   1..4294967295, not in use by another open question of the asker
 *   KIND  mx    look up the MX RRset of NAME
 *	   host  NAME is the host itself (a next hop in brackets)
 *	   name  NAME has U-labels, convert it and nothing else
 *   PORT  1..65535, for the TLSA base name
 *   WANT  letters, each once, or "-": d DANE, s MTA-STS, f fetch the policy
 *	   even if the id is the same, x send notes, r report a failed fetch
 *	   to the TLSRPT collector, b background: others go first, n new: do
 *	   not share a lookup that is under way or just over, h hold back a
 *	   fetch for QUESTION_HOLD_MS after its `sts`, or until `go`
 *   ID    the id of the policy that the asker has, or "-"
 *   NAME  a host name, lower case, no trailing dot (policy/domain.h)
 *
 * resolve to asker, at most FINDING_MAX bytes, in any order, for SEQ:
 *
 *	queued 2 SEQ	(it waits for its turn: too many are under way)
 *	dane 2 SEQ MX USABLE UNUSABLE NONE ERROR TTL CAUSE WHY...
 *	sts 2 SEQ FOUND TTL ID MODE MAX_AGE CAUSE WHY...\nTEXT
 *	name 2 SEQ ALABEL	("-" if it is not a name)
 *	note 2 SEQ NOTE		(with x: bytes, see wire/note.h)
 *	end 2 SEQ		(nothing more comes for SEQ)
 *
 *   MX	     secure, insecure, failed, none
 *   FOUND   absent, same, fetching, policy, txt-failed, fetch-failed
 *   TTL     0..4294967295
 *   ID      for same, fetching, policy and fetch-failed, "-" for the others
 *   MODE    none, testing, enforce; "-" without a policy
 *   MAX_AGE 0..31557600; 0 without a policy
 *   CAUSE   a word of policy/cause.h; "none" for what did not fail
 *   WHY     may be empty (after its blank); printable, no newline
 *   TEXT    canonical lines of the policy (policy/sts.h), empty without one
 *
 * Numbers have neither sign nor leading zeros.
 *
 * `sts ... same` may be followed by another `sts` if f was given, and
 * `sts ... fetching` always is: the TXT record has been looked up and the
 * policy is being fetched.  If a frame has another version or kind, or a field
 * is out of range, the asker ends the conversation and answers TEMP.
 */
#ifndef MXPOLICY_WIRE_QUESTION_H
#define MXPOLICY_WIRE_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/domain.h"
#include "policy/sts.h"
#include "policy/verdict.h"
#include "wire/note.h"

#define QUESTION_VERSION 2
#define QUESTION_HOLD_MS 20
#define QUESTION_WAIT_MS 2500
#define QUESTION_MAX (DOMAIN_UTF8_MAX + STS_ID_MAX + 64)
#define FINDING_MAX (STS_TEXT_MAX + REASON_MAX + STS_ID_MAX + 160)

enum question_kind {
	QUESTION_MX,
	QUESTION_HOST,
	QUESTION_NAME,
	QUESTION_LATER,	 /* only seq is used */
	QUESTION_CANCEL, /* the same */
	QUESTION_GO,
	QUESTION_WAIT,
	QUESTION_SKIP,
	QUESTION_KINDS,
};

struct question {
	uint32_t seq;
	enum question_kind kind;
	uint16_t port;
	bool dane, sts, fetch, notes, report, background, new, hold;
	char id[STS_ID_MAX + 1]; /* "" for none */
	char name[DOMAIN_UTF8_MAX + 1];
};

enum finding_kind {
	FINDING_QUEUED,
	FINDING_DANE,
	FINDING_STS,
	FINDING_NAME,
	FINDING_NOTE,
	FINDING_END,
};

struct finding {
	uint32_t seq;
	enum finding_kind kind;
	struct dane_finding dane;  /* FINDING_DANE */
	struct sts_finding sts;	   /* FINDING_STS; policy.text is borrowed */
	char name[DOMAIN_MAX + 1]; /* FINDING_NAME, "" if it is not a name */
	struct note note;	   /* FINDING_NOTE; what it points to as well */
};

/* Payloads, without netstring framing; lengths are returned.  0: a policy text
 * beyond STS_TEXT_MAX, or a note out of bounds. */
size_t question_format(const struct question *q, char buf[static QUESTION_MAX]);
size_t question_format_finding(
    const struct finding *f, char buf[static FINDING_MAX]);

/* false: not of this format; the struct's content is then undefined.  Borrowed
 * pointers point into payload. */
bool question_parse(struct question *q, const char *payload, size_t len)
    __attribute__((warn_unused_result));
bool question_parse_finding(struct finding *f, const char *payload, size_t len)
    __attribute__((warn_unused_result));

#endif
