/* note: lines for people about what a lookup found (`query --explain`).
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include "lookup/note.h"

void note_put(const struct note_taker *to, const char *fmt, ...)
{
	char text[NOTE_MAX + 1];
	va_list ap;
	int len;

	if (to == NULL)
		return;
	va_start(ap, fmt);
	len = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	if (len > NOTE_MAX)
		len = NOTE_MAX;
	to->put(to->arg, text, len);
}

static const char *outcome_word(const struct dns_answer *a)
{
	switch (a->outcome) {
	case DNS_SECURE:
		return "secure";
	case DNS_INSECURE:
		return "insecure";
	case DNS_FAILED:
		return "failed";
	}
	return "?";
}

void note_answer(const struct note_taker *to, const char *name,
    enum dns_type type, const struct dns_answer *a)
{
	const char *what = dnspacket_type_name(type);
	const char *word = outcome_word(a);
	const char *via = a->had_cname ? ", by CNAME at " : "";
	const char *canon = a->had_cname ? a->canon : "";

	if (a->outcome == DNS_FAILED) {
		note_put(to, "%s %s: %s", what, name, a->why.text);
		return;
	}
	switch (a->content) {
	case DNS_DATA:
		note_put(to, "%s %s: %s, %zu record%s, ttl %u%s%s", what, name,
		    word, a->n, a->n == 1 ? "" : "s", (unsigned int)a->ttl, via,
		    canon);
		return;
	case DNS_NODATA:
		note_put(to, "%s %s: %s, no record, ttl %u%s%s", what, name,
		    word, (unsigned int)a->ttl, via, canon);
		return;
	case DNS_NXDOMAIN:
		note_put(to, "%s %s: %s, no such name, ttl %u%s%s", what, name,
		    word, (unsigned int)a->ttl, via, canon);
		return;
	}
}
