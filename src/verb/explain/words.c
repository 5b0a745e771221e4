/* words: notes in words, for both forms of explain.
 * SPDX-License-Identifier: MIT */
#include "verb/explain/words.h"

#include <stdio.h>
#include <string.h>
#include "term/translate.h"

const char *words_because(const struct note_host *h)
{
	switch (h->because) {
	case NOTE_BECAUSE_TLSA:
		return "";
	case NOTE_BECAUSE_NO_TLSA:
		return N_("has no TLSA records");
	case NOTE_BECAUSE_TLSA_INSECURE:
		return N_("its TLSA zone is insecure");
	case NOTE_BECAUSE_INSECURE:
		return N_("its zone is insecure");
	case NOTE_BECAUSE_IS_ADDRESS:
		return N_("an address, not a name");
	case NOTE_BECAUSE_NO_ADDRESS:
		return N_("has no address");
	case NOTE_BECAUSE_NOT_A_NAME:
		return N_("not a host name");
	case NOTE_BECAUSE_FAILED:
	case NOTE_BECAUSES:
		break;
	}
	return h->why.text;
}

#define UNREADABLE N_("unreadable records, ignored: %u")
#define TOO_MANY N_("more than %u hosts; ignored from preference %u on")

const char *words_mx(
    const struct note_mx *m, bool translated, char buf[static WORDS_MAX])
{
	buf[0] = '\0';
	switch (m->remark) {
	case NOTE_MX_UNREADABLE:
		snprintf(buf, WORDS_MAX,
		    translated ? _(UNREADABLE) : UNREADABLE, m->n);
		break;
	case NOTE_MX_TOO_MANY:
		snprintf(buf, WORDS_MAX, translated ? _(TOO_MANY) : TOO_MANY,
		    m->n, m->preference);
		break;
	case NOTE_MX_REMARKS:
		break;
	}
	return buf;
}

const char *words_outcome(const struct note_policy *p)
{
	enum sts_failure failure = sts_failure_of(p->why.cause);

	switch (p->outcome) {
	case NOTE_OUTCOME_SAME:
		return "same";
	case NOTE_OUTCOME_VALID:
		return "valid";
	case NOTE_OUTCOME_NONE:
		return "none";
	case NOTE_OUTCOME_INVALID:
		return "invalid";
	case NOTE_OUTCOME_FAILED:
	case NOTE_OUTCOMES:
		break;
	}
	return failure != STS_FAILURE_NONE ? sts_failure_name(failure)
					   : "failed";
}

bool words_next_line(
    const struct note_body *b, size_t *pos, const char **line, size_t *len)
{
	const char *end;

	if (*pos >= b->len)
		return false;
	*line = b->text + *pos;
	end = memchr(*line, '\n', b->len - *pos);
	*len = end != NULL ? (size_t)(end - *line) : b->len - *pos;
	*pos += *len + (end != NULL);
	if (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}
