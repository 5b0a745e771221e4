/* sts_file: a policy file, read line by line (RFC 8461 3.2).
 * SPDX-License-Identifier: MIT */
#include "policy/sts.h"

#include <string.h>
#include "base/ascii.h"
#include "policy/domain.h"
#include "policy/sts_grammar.h"

#define MAX_AGE_DIGITS_MAX 10 /* RFC 8461 3.2, sts-policy-max-age-value */

/* A policy file that is read, to its end even if it is invalid. */
struct scan {
	const char *at; /* the line */
	unsigned line;
	bool version, mode, max_age, mx; /* seen */
	bool bad;
	struct sts_policy policy;
	char *text;
	void (*tell)(void *arg, const struct sts_said *said);
	void *arg;
};

/* at: where in the line; text: what the remark is about. */
static void say(struct scan *s, enum sts_remark what, const char *at,
    const char *text, size_t len)
{
	const struct sts_said said = {.what = what,
	    .line = s->line,
	    .column = (unsigned)(at - s->at) + 1,
	    .text = text,
	    .len = len};

	if (what <= STS_SAYS_LAST_INVALID)
		s->bad = true;
	s->tell(s->arg, &said);
}

static void say_value(
    struct scan *s, enum sts_remark what, const struct sts_line *line)
{
	say(s, what, line->value, line->value, line->value_len);
}

static void say_key(
    struct scan *s, enum sts_remark what, const struct sts_line *line)
{
	say(s, what, line->key, line->key, line->key_len);
}

/* About the file as a whole. */
static void say_of_file(struct scan *s, enum sts_remark what, const char *text)
{
	const struct sts_said said = {
	    .what = what, .text = text, .len = strlen(text)};

	s->bad = true;
	s->tell(s->arg, &said);
}

/* Returns the value in the canonical text. */
static const char *put_line(
    struct scan *s, const struct sts_line *line, const char *value, size_t len)
{
	char *to = s->text + s->policy.text_len;

	memcpy(to, line->key, line->key_len);
	to += line->key_len;
	*to++ = ':';
	*to++ = ' ';
	memcpy(to, value, len);
	to[len] = '\n';
	s->policy.text_len += line->key_len + len + 3;
	return to;
}

/* Of duplicates the first counts (RFC 8461 3.2): the others are neither checked
 * nor in the text. */
static bool is_first(struct scan *s, bool *seen, const struct sts_line *line)
{
	bool first = !*seen;

	*seen = true;
	if (!first)
		say_key(s, STS_SAYS_AGAIN, line);
	return first;
}

static void take_version(struct scan *s, const struct sts_line *line)
{
	if (!is_first(s, &s->version, line))
		return;
	if (sts_is_text(line->value, line->value_len, "STSv1"))
		put_line(s, line, line->value, line->value_len);
	else
		say_value(s, STS_SAYS_BAD_VERSION, line);
}

static void take_mode(struct scan *s, const struct sts_line *line)
{
	if (!is_first(s, &s->mode, line))
		return;
	for (int m = STS_MODE_NONE; m <= STS_MODE_ENFORCE; m++) {
		if (sts_is_text(line->value, line->value_len,
			sts_mode_name((enum sts_mode)m))) {
			s->policy.mode = (enum sts_mode)m;
			put_line(s, line, line->value, line->value_len);
			say_value(s, STS_SAYS_MODE, line);
			return;
		}
	}
	say_value(s, STS_SAYS_BAD_MODE, line);
}

static void take_max_age(struct scan *s, const struct sts_line *line)
{
	size_t digits = 0;
	uint64_t age = 0;

	if (!is_first(s, &s->max_age, line))
		return;
	while (digits < line->value_len &&
	       ascii_is_digit(line->value[digits]) &&
	       digits < MAX_AGE_DIGITS_MAX)
		age = age * 10 + (uint64_t)(line->value[digits++] - '0');
	if (digits == 0 || digits != line->value_len) {
		say_value(s, STS_SAYS_BAD_MAX_AGE, line);
		return;
	}
	s->policy.max_age =
	    age < STS_MAX_AGE_MAX ? (uint32_t)age : STS_MAX_AGE_MAX;
	put_line(s, line, line->value, line->value_len);
	say_value(s, age > STS_MAX_AGE_MAX ? STS_SAYS_CAPPED : STS_SAYS_MAX_AGE,
	    line);
}

static void take_mx(struct scan *s, const struct sts_line *line)
{
	char mx[DOMAIN_MAX + 1]; /* one more, for a trailing dot */
	size_t len = line->value_len;
	bool dot;

	s->mx = true;
	if (len == 0 || len > sizeof mx) {
		say_value(s, STS_SAYS_BAD_MX, line);
		return;
	}
	ascii_fold(mx, line->value, len);
	dot = mx[len - 1] == '.';
	len -= dot;
	if (!sts_is_pattern(mx, len)) {
		say_value(s, STS_SAYS_BAD_MX, line);
		return;
	}
	say(s, STS_SAYS_MX, line->value, put_line(s, line, mx, len), len);
	if (dot)
		say_value(s, STS_SAYS_DOT, line);
}

static void take_unknown(struct scan *s, const struct sts_line *line)
{
	say_key(s, STS_SAYS_UNKNOWN, line);
	if (sts_is_value(line->value, line->value_len))
		put_line(s, line, line->value, line->value_len);
	else
		say_value(s, STS_SAYS_LEFT_OUT, line);
}

static void take_line(struct scan *s, const char *text, size_t len)
{
	struct sts_line line;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	while (len > 0 && sts_is_blank(text[len - 1]))
		len--;
	/* Not in the grammar, but frequent at the end of published files. */
	if (len == 0) {
		say(s, STS_SAYS_EMPTY, text, text, 0);
		return;
	}
	if (!sts_split_line(text, len, &line)) {
		say(s, STS_SAYS_NO_FIELD, text + sts_field_name_len(text, len),
		    text, len);
		return;
	}
	while (line.value_len > 0 && sts_is_blank(line.value[0])) {
		line.value++;
		line.value_len--;
	}
	if (sts_is_text(line.key, line.key_len, "version"))
		take_version(s, &line);
	else if (sts_is_text(line.key, line.key_len, "mode"))
		take_mode(s, &line);
	else if (sts_is_text(line.key, line.key_len, "max_age"))
		take_max_age(s, &line);
	else if (sts_line_is_mx(&line))
		take_mx(s, &line);
	else
		take_unknown(s, &line);
}

static void say_what_is_missing(struct scan *s)
{
	if (!s->version)
		say_of_file(s, STS_SAYS_MISSING, "version");
	if (!s->mode)
		say_of_file(s, STS_SAYS_MISSING, "mode");
	if (!s->max_age)
		say_of_file(s, STS_SAYS_MISSING, "max_age");
	if (!s->mx && s->policy.mode != STS_MODE_NONE)
		say_of_file(s, STS_SAYS_MISSING, "mx");
}

bool sts_scan_policy(struct sts_policy *p, const char *file, size_t len,
    char text[static STS_TEXT_MAX],
    void (*tell)(void *arg, const struct sts_said *said), void *arg)
{
	struct scan s = {.text = text, .tell = tell, .arg = arg};
	size_t line_len;

	if (len > STS_POLICY_MAX) {
		say_of_file(&s, STS_SAYS_TOO_LARGE, "");
		return false;
	}
	for (size_t at = 0; at < len; at += line_len + 1) {
		const char *end = memchr(file + at, '\n', len - at);

		line_len = end != NULL ? (size_t)(end - file) - at : len - at;
		s.at = file + at;
		s.line++;
		take_line(&s, s.at, line_len);
	}
	say_what_is_missing(&s);
	if (s.bad)
		return false;
	s.policy.text = text;
	*p = s.policy;
	return true;
}

/* ---- only why it is invalid ---- */

struct first {
	struct sts_fault *fault;
	struct reason *why;
};

static void set_reason(struct reason *why, const struct sts_said *said)
{
	int shown = sts_shown(said->len);

	switch (said->what) {
	case STS_SAYS_TOO_LARGE:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy of more than %d bytes", STS_POLICY_MAX);
		return;
	case STS_SAYS_NO_FIELD:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy line %u: no field in \"%.*s\"", said->line, shown,
		    said->text);
		return;
	case STS_SAYS_BAD_VERSION:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy line %u: version is not STSv1", said->line);
		return;
	case STS_SAYS_BAD_MODE:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy line %u: mode is not none, testing or enforce",
		    said->line);
		return;
	case STS_SAYS_BAD_MAX_AGE:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy line %u: max_age is not a number of 1 to %d digits",
		    said->line, MAX_AGE_DIGITS_MAX);
		return;
	case STS_SAYS_BAD_MX:
		reason_fail(why, CAUSE_STS_POLICY,
		    "policy line %u: bad mx \"%.*s\"", said->line, shown,
		    said->text);
		return;
	case STS_SAYS_MISSING:
		reason_fail(why, CAUSE_STS_POLICY, "policy without %.*s", shown,
		    said->text);
		return;
	case STS_SAYS_TXT_FIELD:
	case STS_SAYS_TXT_VALUE:
	case STS_SAYS_TXT_NO_ID:
	case STS_SAYS_TXT_ID:
	case STS_SAYS_AGAIN:
	case STS_SAYS_CAPPED:
	case STS_SAYS_DOT:
	case STS_SAYS_EMPTY:
	case STS_SAYS_LEFT_OUT:
	case STS_SAYS_MAX_AGE:
	case STS_SAYS_MODE:
	case STS_SAYS_MX:
	case STS_SAYS_UNKNOWN:
	case STS_SAYS_NOTHING:
	case STS_REMARKS:
		return;
	}
}

static void keep_first(void *arg, const struct sts_said *said)
{
	struct first *first = arg;

	if (first->fault->what != STS_SAYS_NOTHING ||
	    said->what > STS_SAYS_LAST_INVALID)
		return;
	*first->fault = (struct sts_fault){
	    .what = said->what, .line = said->line, .column = said->column};
	set_reason(first->why, said);
}

bool sts_parse_policy(struct sts_policy *p, const char *file, size_t len,
    char text[static STS_TEXT_MAX], struct sts_fault *fault, struct reason *why)
{
	struct first first = {.fault = fault, .why = why};

	*fault = (struct sts_fault){.what = STS_SAYS_NOTHING};
	return sts_scan_policy(p, file, len, text, keep_first, &first);
}
