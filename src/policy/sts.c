/* sts: the TXT record and the policy file of MTA-STS (RFC 8461).
 * SPDX-License-Identifier: MIT */
#include "policy/sts.h"

#include <string.h>
#include "policy/domain.h"
#include "policy/sts_grammar.h"

#define MAX_AGE_DIGITS_MAX 10 /* RFC 8461 3.2, sts-policy-max-age-value */

/* What may be copied into a reply: no control characters (a NUL ends the
 * reply, others separate attributes), no braces (they would forge attributes),
 * well-formed UTF-8 (Postfix takes anything else for an error). */
static bool is_value(const char *s, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		if (s[i] >= 0x20 && s[i] < 0x7f && s[i] != '{' && s[i] != '}')
			n = 1;
		else
			n = domain_utf8_len(s + i, len - i);
		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

/* sts-policy-mx-value, lower case.  A dot is asked for because Postfix reads
 * the words hostname, nexthop and dot-nexthop as strategies. */
static bool is_pattern(const char *s, size_t len)
{
	if (len > DOMAIN_MAX)
		return false;
	if (len > 2 && memcmp(s, "*.", 2) == 0) {
		s += 2;
		len -= 2;
	}
	return len > 0 && memchr(s, '.', len) != NULL &&
	       domain_is_hostname(s, len);
}

/* Split at the colon, value still with its blanks. */
static bool split_line(const char *s, size_t len, struct sts_line *line)
{
	size_t key = sts_field_name_len(s, len);

	if (key == 0 || key == len || s[key] != ':')
		return false;
	line->key = s;
	line->key_len = key;
	line->value = s + key + 1;
	line->value_len = len - key - 1;
	return true;
}

bool sts_line_is_mx(const struct sts_line *line)
{
	return sts_is_text(line->key, line->key_len, "mx");
}

static bool split_canonical(const char *s, size_t len, struct sts_line *line)
{
	if (!split_line(s, len, line) || line->value_len == 0 ||
	    line->value[0] != ' ')
		return false;
	line->value++;
	line->value_len--;
	if (line->value_len > 0 &&
	    (line->value[0] == ' ' || line->value[line->value_len - 1] == ' '))
		return false;
	return is_value(line->value, line->value_len) &&
	       (!sts_line_is_mx(line) ||
		   is_pattern(line->value, line->value_len));
}

bool sts_next_line(
    const struct sts_policy *p, size_t *pos, struct sts_line *line)
{
	const char *at, *end;

	if (*pos >= p->text_len)
		return false;
	at = p->text + *pos;
	end = memchr(at, '\n', p->text_len - *pos);
	if (end == NULL || !split_canonical(at, (size_t)(end - at), line)) {
		*pos = p->text_len + 1;
		return false;
	}
	*pos += (size_t)(end - at) + 1;
	return true;
}

bool sts_match_host(const struct sts_policy *p, const char *host)
{
	struct sts_line line;
	size_t pos = 0;

	while (sts_next_line(p, &pos, &line)) {
		if (sts_line_is_mx(&line) &&
		    domain_match(line.value, line.value_len, host))
			return true;
	}
	return false;
}

bool sts_text_is_canonical(const struct sts_policy *p)
{
	struct sts_line line;
	size_t pos = 0;
	bool mx = false;

	if (p->text_len > STS_TEXT_MAX)
		return false;
	while (sts_next_line(p, &pos, &line)) {
		if (sts_line_is_mx(&line))
			mx = true;
	}
	return pos == p->text_len && (mx || p->mode == STS_MODE_NONE);
}

/* A policy file being read. */
struct scan {
	unsigned line;
	bool version, mode, max_age, mx; /* seen */
	struct sts_policy policy;
	char *text;
	struct reason *why;
};

static void put_line(
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
}

/* Of duplicates the first counts (RFC 8461 3.2): the others are not judged
 * and not in the text. */
static bool is_first(bool *seen)
{
	bool first = !*seen;

	*seen = true;
	return first;
}

static bool take_version(struct scan *s, const struct sts_line *line)
{
	if (!is_first(&s->version))
		return true;
	if (!sts_is_text(line->value, line->value_len, "STSv1")) {
		reason_set(
		    s->why, "policy line %u: version is not STSv1", s->line);
		return false;
	}
	put_line(s, line, line->value, line->value_len);
	return true;
}

static bool take_mode(struct scan *s, const struct sts_line *line)
{
	if (!is_first(&s->mode))
		return true;
	for (int m = STS_MODE_NONE; m <= STS_MODE_ENFORCE; m++) {
		if (sts_is_text(line->value, line->value_len,
			sts_mode_name((enum sts_mode)m))) {
			s->policy.mode = (enum sts_mode)m;
			put_line(s, line, line->value, line->value_len);
			return true;
		}
	}
	reason_set(s->why,
	    "policy line %u: mode is not none, testing or enforce", s->line);
	return false;
}

static bool take_max_age(struct scan *s, const struct sts_line *line)
{
	size_t digits = 0;
	uint64_t age = 0;

	if (!is_first(&s->max_age))
		return true;
	while (digits < line->value_len && sts_is_digit(line->value[digits]) &&
	       digits < MAX_AGE_DIGITS_MAX)
		age = age * 10 + (uint64_t)(line->value[digits++] - '0');
	if (digits == 0 || digits != line->value_len) {
		reason_set(s->why,
		    "policy line %u: max_age is not a number of 1 to %d digits",
		    s->line, MAX_AGE_DIGITS_MAX);
		return false;
	}
	s->policy.max_age =
	    age < STS_MAX_AGE_MAX ? (uint32_t)age : STS_MAX_AGE_MAX;
	put_line(s, line, line->value, line->value_len);
	return true;
}

static bool take_mx(struct scan *s, const struct sts_line *line)
{
	char mx[DOMAIN_MAX + 1]; /* one more, for a trailing dot */
	size_t len = line->value_len;
	char c;

	s->mx = true;
	if (len > 0 && len <= sizeof mx) {
		for (size_t i = 0; i < len; i++) {
			c = line->value[i];
			mx[i] = c >= 'A' && c <= 'Z' ? (char)(c + 0x20) : c;
		}
		if (mx[len - 1] == '.')
			len--;
		if (is_pattern(mx, len)) {
			put_line(s, line, mx, len);
			return true;
		}
	}
	reason_set(s->why, "policy line %u: bad mx \"%.*s\"", s->line,
	    sts_shown(line->value_len), line->value);
	return false;
}

static bool take_line(struct scan *s, const char *text, size_t len)
{
	struct sts_line line;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	while (len > 0 && sts_is_blank(text[len - 1]))
		len--;
	/* Not in the grammar, but often at the end of published files. */
	if (len == 0)
		return true;
	if (!split_line(text, len, &line)) {
		reason_set(s->why, "policy line %u: no field in \"%.*s\"",
		    s->line, sts_shown(len), text);
		return false;
	}
	while (line.value_len > 0 && sts_is_blank(line.value[0])) {
		line.value++;
		line.value_len--;
	}
	if (sts_is_text(line.key, line.key_len, "version"))
		return take_version(s, &line);
	if (sts_is_text(line.key, line.key_len, "mode"))
		return take_mode(s, &line);
	if (sts_is_text(line.key, line.key_len, "max_age"))
		return take_max_age(s, &line);
	if (sts_line_is_mx(&line))
		return take_mx(s, &line);
	if (is_value(line.value, line.value_len))
		put_line(s, &line, line.value, line.value_len);
	return true;
}

static const char *missing_field(const struct scan *s)
{
	if (!s->version)
		return "version";
	if (!s->mode)
		return "mode";
	if (!s->max_age)
		return "max_age";
	if (!s->mx && s->policy.mode != STS_MODE_NONE)
		return "mx";
	return NULL;
}

bool sts_parse_policy(struct sts_policy *p, const char *file, size_t len,
    char text[static STS_TEXT_MAX], struct reason *why)
{
	struct scan s = {.text = text, .why = why};
	const char *end, *missing;
	size_t line_len;

	if (len > STS_POLICY_MAX) {
		reason_set(why, "policy of more than %d bytes", STS_POLICY_MAX);
		return false;
	}
	for (size_t at = 0; at < len; at += line_len + 1) {
		end = memchr(file + at, '\n', len - at);
		line_len = end != NULL ? (size_t)(end - file) - at : len - at;
		s.line++;
		if (!take_line(&s, file + at, line_len))
			return false;
	}
	missing = missing_field(&s);
	if (missing != NULL) {
		reason_set(why, "policy without %s", missing);
		return false;
	}
	s.policy.text = text;
	*p = s.policy;
	return true;
}

const char *sts_mode_name(enum sts_mode mode)
{
	switch (mode) {
	case STS_MODE_NONE:
		return "none";
	case STS_MODE_TESTING:
		return "testing";
	case STS_MODE_ENFORCE:
		return "enforce";
	}
	return "none";
}

const char *sts_failure_name(enum sts_failure failure)
{
	switch (failure) {
	case STS_FAILURE_NONE:
		return "";
	case STS_FAILURE_FETCH:
		return "sts-policy-fetch-error";
	case STS_FAILURE_INVALID:
		return "sts-policy-invalid";
	case STS_FAILURE_WEBPKI:
		return "sts-webpki-invalid";
	}
	return "";
}
