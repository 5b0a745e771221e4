/* finding: what `resolve` says to a serving process (wire/question.h).
 * SPDX-License-Identifier: MIT */
#include "wire/question.h"

#include <string.h>
#include "wire/fields.h"

static const char *const finding_kinds[] = {
    [FINDING_QUEUED] = "queued",
    [FINDING_DANE] = "dane",
    [FINDING_STS] = "sts",
    [FINDING_NAME] = "name",
    [FINDING_NOTE] = "note",
    [FINDING_END] = "end",
};

static const char *const mx_words[] = {
    [MX_SECURE] = "secure",
    [MX_INSECURE] = "insecure",
    [MX_FAILED] = "failed",
    [MX_NONE] = "none",
    [MX_NONE_INSECURE] = "none-insecure",
};

/* A frame of any kind is below the bound. */
_Static_assert(NOTE_MAX + 32 <= FINDING_MAX, "room for the head of a note");

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* CAUSE TEXT..., the last fields of a frame or of its first line. */
static void put_reason(struct bytes *b, const struct reason *why)
{
	fields_put_word(b, cause_name(why->cause));
	fields_put(b, why->text);
}

static void put_dane(struct bytes *b, const struct dane_finding *f)
{
	fields_put_word(b, mx_words[f->mx]);
	fields_put_number(b, f->usable);
	fields_put_number(b, f->unusable);
	fields_put_number(b, f->none);
	fields_put_number(b, f->error);
	fields_put_number(b, f->ttl);
	put_reason(b, &f->why);
}

static void put_sts(struct bytes *b, const struct sts_finding *f)
{
	bool policy = f->found == STS_FOUND_POLICY;

	fields_put_word(b, sts_found_name(f->found));
	fields_put_number(b, f->ttl);
	fields_put_word(b, f->id);
	fields_put_word(
	    b, policy ? sts_mode_name(f->policy.mode) : FIELDS_NONE);
	fields_put_number(b, policy ? f->policy.max_age : 0);
	put_reason(b, &f->why);
	fields_put(b, "\n");
	if (policy)
		bytes_put(b, f->policy.text, f->policy.text_len);
}

static void put_note(struct bytes *b, const struct note *n)
{
	size_t len = note_format(n, b->at, (size_t)(b->end - b->at));

	if (len == 0)
		b->bad = true;
	else
		b->at += len;
}

size_t question_format_finding(
    const struct finding *f, char buf[static FINDING_MAX])
{
	struct bytes b;

	bytes_init(&b, buf, FINDING_MAX);
	fields_put_word(&b, finding_kinds[f->kind]);
	fields_put_number(&b, QUESTION_VERSION);
	fields_put_number(&b, f->seq);
	switch (f->kind) {
	case FINDING_DANE:
		put_dane(&b, &f->dane);
		break;
	case FINDING_STS:
		put_sts(&b, &f->sts);
		break;
	case FINDING_NAME:
		fields_put(&b, f->name[0] != '\0' ? f->name : FIELDS_NONE);
		break;
	case FINDING_NOTE:
		put_note(&b, &f->note);
		break;
	case FINDING_QUEUED:
	case FINDING_END:
		if (!b.bad)
			b.at--; /* the last field has no blank after it */
		break;
	}
	return b.bad ? 0 : (size_t)((char *)b.at - buf);
}

static enum cause take_cause(struct fields *f)
{
	struct field field = fields_take(f);
	enum cause cause = CAUSE_NONE;

	if (!f->bad && !cause_parse(&cause, field.text, field.len))
		f->bad = true;
	return cause;
}

static void to_reason(
    struct fields *f, enum cause cause, struct field field, struct reason *why)
{
	reason_clear(why);
	if (field.len > REASON_MAX || !fields_is_printable(field)) {
		f->bad = true;
		return;
	}
	why->cause = cause;
	memcpy(why->text, field.text, field.len);
	why->text[field.len] = '\0';
}

static void parse_dane(struct fields *f, struct dane_finding *d)
{
	enum cause cause;

	d->mx =
	    (enum mx_status)fields_take_choice(f, mx_words, COUNT(mx_words));
	d->usable = (uint16_t)fields_take_number(f, 0, UINT16_MAX);
	d->unusable = (uint16_t)fields_take_number(f, 0, UINT16_MAX);
	d->none = (uint16_t)fields_take_number(f, 0, UINT16_MAX);
	d->error = (uint16_t)fields_take_number(f, 0, UINT16_MAX);
	d->ttl = fields_take_number(f, 0, UINT32_MAX);
	cause = take_cause(f);
	to_reason(f, cause, fields_take_rest(f), &d->why);
	/* What failed says why. */
	if ((d->mx == MX_FAILED || d->error > 0) && cause == CAUSE_NONE)
		f->bad = true;
}

/* MODE and MAX_AGE: with a policy only. */
static void take_terms(struct fields *f, struct sts_finding *s)
{
	struct field mode = fields_take(f);
	bool policy = s->found == STS_FOUND_POLICY;
	int m = STS_MODE_NONE;

	s->policy.mode = STS_MODE_NONE;
	s->policy.max_age =
	    fields_take_number(f, 0, policy ? STS_MAX_AGE_MAX : 0);
	if (!policy) {
		if (!fields_is_word(mode, FIELDS_NONE))
			f->bad = true;
		return;
	}
	while (m <= STS_MODE_ENFORCE &&
	       !fields_is_word(mode, sts_mode_name((enum sts_mode)m)))
		m++;
	if (m > STS_MODE_ENFORCE)
		f->bad = true;
	else
		s->policy.mode = (enum sts_mode)m;
}

/* Which fields go with which outcome (struct sts_finding). */
static bool is_consistent(const struct sts_finding *s)
{
	bool id = s->id[0] != '\0', failed = s->why.cause != CAUSE_NONE;

	switch (s->found) {
	case STS_FOUND_ABSENT:
		return !id && s->policy.text_len == 0;
	case STS_FOUND_TXT_FAILED:
		return !id && failed && s->policy.text_len == 0;
	case STS_FOUND_SAME:
	case STS_FOUND_FETCHING:
		return id && !failed && s->policy.text_len == 0;
	case STS_FOUND_FETCH_FAILED:
		return id && failed && s->policy.text_len == 0;
	case STS_FOUND_POLICY:
		return id && !failed && s->policy.text_len > 0 &&
		       sts_text_is_canonical(&s->policy) &&
		       sts_text_has_terms(&s->policy);
	}
	return false;
}

static enum sts_found take_found(struct fields *f)
{
	struct field field = fields_take(f);

	for (int i = 0; i <= STS_FOUND_FETCH_FAILED; i++)
		if (fields_is_word(field, sts_found_name((enum sts_found)i)))
			return (enum sts_found)i;
	f->bad = true;
	return STS_FOUND_ABSENT;
}

static void parse_sts(struct fields *f, struct sts_finding *s)
{
	const char *newline;
	enum cause cause;
	struct field why;

	s->found = take_found(f);
	s->ttl = fields_take_number(f, 0, UINT32_MAX);
	fields_take_id(f, s->id);
	take_terms(f, s);
	cause = take_cause(f);
	why = fields_take_rest(f);
	newline = f->bad ? NULL : memchr(why.text, '\n', why.len);
	if (newline == NULL) {
		f->bad = true;
		return;
	}
	s->policy.text = newline + 1;
	s->policy.text_len = (size_t)(f->end - s->policy.text);
	why.len = (size_t)(newline - why.text);
	to_reason(f, cause, why, &s->why);
	if (!is_consistent(s))
		f->bad = true;
}

static void parse_name(struct fields *f, struct finding *to)
{
	struct field field = fields_take_rest(f);

	to->name[0] = '\0';
	if (fields_is_word(field, FIELDS_NONE))
		return;
	if (!domain_is_hostname(field.text, field.len)) {
		f->bad = true;
		return;
	}
	memcpy(to->name, field.text, field.len);
	to->name[field.len] = '\0';
}

bool question_parse_finding(struct finding *f, const char *payload, size_t len)
{
	struct field rest;
	struct fields in;

	fields_init(&in, payload, len, FINDING_MAX);
	f->kind = (enum finding_kind)fields_take_choice(
	    &in, finding_kinds, COUNT(finding_kinds));
	fields_take_number(&in, QUESTION_VERSION, QUESTION_VERSION);
	if (in.bad)
		return false;
	/* The last field has no blank after it. */
	f->seq = f->kind == FINDING_END || f->kind == FINDING_QUEUED
		     ? fields_take_last_number(&in, 1, UINT32_MAX)
		     : fields_take_number(&in, 1, UINT32_MAX);
	if (in.bad)
		return false;
	switch (f->kind) {
	case FINDING_DANE:
		parse_dane(&in, &f->dane);
		break;
	case FINDING_STS:
		parse_sts(&in, &f->sts);
		break;
	case FINDING_NAME:
		parse_name(&in, f);
		break;
	case FINDING_NOTE:
		rest = fields_take_rest(&in);
		in.bad = !note_parse(&f->note, rest.text, rest.len);
		break;
	case FINDING_QUEUED:
	case FINDING_END:
		break;
	}
	return !in.bad;
}
