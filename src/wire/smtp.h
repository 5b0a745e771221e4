/* smtp: replies of an SMTP server (RFC 5321 4.2).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_SMTP_H
#define MXPOLICY_WIRE_SMTP_H

#include <stdbool.h>
#include <stddef.h>

/* RFC 5321 4.5.3.1.5 limits a line of a reply to 512; Postfix accepts 2048 (its
 * line_length_limit). */
#define SMTP_LINE_MAX 2048
/* One reply with all its lines; real ones are far shorter. */
#define SMTP_REPLY_MAX 16384

enum smtp_result {
	SMTP_REPLY, /* a complete reply */
	SMTP_MORE,  /* incomplete so far */
	SMTP_BAD,   /* not a reply */
};

struct smtp_reply {
	int code;    /* 200 to 599, of the last line, as Postfix reads it */
	size_t size; /* its length, with line ends */
	/* The texts of the lines, without code and '-' or blank, with '\n'
	 * between them; bytes that are not printable ASCII are '?'. */
	char text[SMTP_REPLY_MAX + 1];
};

/* Read the reply at the front of the data.  Lines end with LF or CRLF.  r is
 * filled for SMTP_REPLY only; data after r->size is ignored.  SMTP_BAD: no code
 * of three digits from 200 to 599 that is followed by '-', a blank or the end
 * of the line, a line over SMTP_LINE_MAX, or a reply over SMTP_REPLY_MAX. */
enum smtp_result smtp_parse(struct smtp_reply *r, const char *data, size_t len)
    __attribute__((warn_unused_result));

/* Does the reply to EHLO offer this extension (RFC 5321 4.1.1.1: the first word
 * of any line but the first, in any case)? */
bool smtp_offers(const struct smtp_reply *r, const char *keyword);

#endif
