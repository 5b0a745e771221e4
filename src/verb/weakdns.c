/* weakdns: what makes DNSSEC worth less than it seems.
 * SPDX-License-Identifier: MIT */
#include "verb/weakdns.h"

#include <stdio.h>
#include "term/translate.h"

/* More iterations than this some validators take for unsigned (RFC 9276 3.2:
 * BIND 9.20 more than 50, libunbound more than 150). */
#define ITERATIONS_MANY 50

static enum weakdns weakness(
    const struct note_answer *a, char text[static WEAKDNS_MAX])
{
	if (a->outcome == DNS_FAILED)
		return WEAKDNS_NOTHING;
	if (a->sha1 != 0) {
		snprintf(text, WEAKDNS_MAX,
		    a->outcome == DNS_SECURE
			? _("signed with SHA-1 alone (algorithm %u), which "
			    "many systems take for unsigned (RFC 9905): they "
			    "do not check DANE")
			: _("signed with SHA-1 alone (algorithm %u), and taken "
			    "for unsigned (RFC 9905): DANE is not checked"),
		    a->sha1);
		return WEAKDNS_SHA1;
	}
	if (a->iterations > ITERATIONS_MANY) {
		snprintf(text, WEAKDNS_MAX,
		    a->outcome == DNS_SECURE
			? _("denied by NSEC3 with %u iterations, which many "
			    "systems take for unsigned (RFC 9276)")
			: _("denied by NSEC3 with %u iterations, and taken for "
			    "unsigned (RFC 9276)"),
		    a->iterations);
		return WEAKDNS_ITERATED;
	}
	return WEAKDNS_NOTHING;
}

bool weakdns_next(const struct trace *c, struct weakdns_walk *walk,
    struct note_answer *a, char text[static WEAKDNS_MAX])
{
	struct note n;

	while (trace_next(c, &walk->pos, NOTE_ANSWER, &n)) {
		enum weakdns weak;

		if (n.answer.part != NOTE_PART_MX &&
		    n.answer.part != NOTE_PART_HOST)
			continue;
		weak = weakness(&n.answer, text);
		if (weak == WEAKDNS_NOTHING || (walk->seen >> weak & 1) != 0)
			continue;
		walk->seen |= 1U << weak;
		*a = n.answer;
		return true;
	}
	return false;
}
