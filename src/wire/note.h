/* note: the text of a `note` frame, what a lookup tells a person
 * (wire/question.h).
 * SPDX-License-Identifier: MIT
 *
 * A note is a kind and fields, "dns type=MX name=example.com ttl=300", with
 * single blanks between them.  In a value every byte outside 0x21..0x7e, and
 * "%", is written %XX (upper-case hex).  Names occur once.
 *
 *	servers  servers validates fell_back why
 *	dns	 part host type name state content n ttl alias why
 *		 (part: mx, host, txt, https; host: of part host, the MX host)
 *	record	 type text usable	(of the dns note before it)
 *	host	 name state why usable of	(state U X N E, or - left out)
 *	mx	 text			(what is odd about an MX RRset)
 *	https	 host address tls status type bytes ms
 *	cert	 place subject issuer names begins expires
 *	line	 n text			(of the policy file as fetched)
 *	policy	 id outcome mode max_age line why
 *		 (outcome: same, valid, none, invalid, or a class of RFC 8460)
 *
 * yes and no stand for truth; times are seconds since the epoch. */
#ifndef MXPOLICY_WIRE_NOTE_H
#define MXPOLICY_WIRE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "wire/bytes.h"

#define NOTE_TEXT_MAX 16384
#define NOTE_FIELDS_MAX 12

/* Writing.  What does not fit any more is left out, a value cut: a note is
 * for people. */
struct note {
	struct bytes b;
	char text[NOTE_TEXT_MAX]; /* not NUL-terminated */
};
void note_begin(struct note *n, const char *kind);
void note_add(struct note *n, const char *name, const char *value);
void note_add_bytes(
    struct note *n, const char *name, const void *value, size_t len);
void note_add_number(struct note *n, const char *name, int64_t value);
void note_add_flag(struct note *n, const char *name, bool value);
/* The length of n->text. */
size_t note_len(const struct note *n);

/* Reading: kind and fields, decoded, in a buffer of its own. */
struct note_view {
	const char *kind;
	size_t n;
	struct {
		char *name, *value; /* value may hold any byte but NUL */
	} field[NOTE_FIELDS_MAX];
	char buf[NOTE_TEXT_MAX + 1];
};
/* false: the text is no note (too long, bad escape, too many fields).  A NUL
 * in a value becomes "?". */
bool note_parse(struct note_view *v, const char *text, size_t len)
    __attribute__((warn_unused_result));
/* "" for a field that is not there. */
const char *note_get(const struct note_view *v, const char *name);
/* A number, 0 for what is none. */
int64_t note_get_number(const struct note_view *v, const char *name);
bool note_get_flag(const struct note_view *v, const char *name);

#endif
