/* text: check the text of a policy file or a TXT record.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/text.h"

#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "verb/lint/mistake.h"

#define SHOWN_MAX 60 /* bytes of a foreign value in a message */
#define DAY 86400
#define WEEK (7 * DAY)

struct rule {
	enum lint_level level;
	const char *id;
	const char *text; /* N_(), printed after the value */
};

static const struct rule rules[] = {
    [STS_SAYS_TXT_FIELD] = {LINT_ERROR, "txt-field",
	N_("expected name=value and a semicolon, without blanks around the "
	   "equals sign")},
    [STS_SAYS_TXT_VALUE] = {LINT_ERROR, "txt-value",
	N_("the value is empty, or contains or is followed by something that "
	   "is not allowed")},
    [STS_SAYS_TXT_NO_ID] = {LINT_ERROR, "txt-no-id",
	N_("there is no id; write it as in v=STSv1; id=20260131;")},
    [STS_SAYS_TXT_ID] = {LINT_ERROR, "txt-id",
	N_("an id consists of 1 to 32 letters and digits")},
    [STS_SAYS_TOO_LARGE] = {LINT_ERROR, "size",
	N_("the policy is larger than 64 KiB; senders read no more")},
    [STS_SAYS_NO_FIELD] = {LINT_ERROR, "no-field",
	N_("expected name: value, with nothing before the name and no blank "
	   "before the colon")},
    [STS_SAYS_BAD_VERSION] = {LINT_ERROR, "version",
	N_("the version must be STSv1")},
    [STS_SAYS_BAD_MODE] = {LINT_ERROR, "mode",
	N_("the mode must be enforce, testing or none, in lower case")},
    [STS_SAYS_BAD_MAX_AGE] = {LINT_ERROR, "max_age",
	N_("max_age must be a number of seconds with 1 to 10 digits and "
	   "nothing else")},
    [STS_SAYS_BAD_MX] = {LINT_ERROR, "mx",
	N_("an mx must be a host name, or *. and a host name")},
    [STS_SAYS_MISSING] = {LINT_ERROR, "missing",
	N_("the policy must have this field")},
    [STS_SAYS_AGAIN] = {LINT_WARNING, "again",
	N_("this field occurs more than once; the first one counts")},
    [STS_SAYS_CAPPED] = {LINT_WARNING, "max_age-cap",
	N_("senders keep a policy for at most 31557600 seconds")},
    [STS_SAYS_DOT] = {LINT_WARNING, "mx-dot",
	N_("a trailing dot is not allowed; for some senders no host matches "
	   "it")},
    [STS_SAYS_EMPTY] = {LINT_WARNING, "empty-line",
	N_("an empty line, which RFC 8461 does not allow; some senders refuse "
	   "the whole policy. Remove all of them")},
    [STS_SAYS_LEFT_OUT] = {LINT_WARNING, "left-out",
	N_("braces, control characters or malformed UTF-8: reports cannot "
	   "contain this line")},
    [STS_SAYS_UNKNOWN] = {LINT_NOTE, "unknown-field",
	N_("not a field of RFC 8461; senders ignore it")},
};

#define N_RULES (sizeof rules / sizeof rules[0])

#define TOLD_MAX 32

struct look {
	struct lint *l;
	const struct lint_source *s;
	struct lint_policy *p; /* NULL for a TXT record */
	struct mistake_outline outline;
	/* What has had its finding. */
	struct {
		const char *id, *text;
	} told[TOLD_MAX];
	size_t n_told;
};

/* ---- better words for common mistakes ---- */

static enum mistake_field field_of(enum sts_remark what)
{
	if (what == STS_SAYS_BAD_VERSION)
		return MISTAKE_VERSION;
	if (what == STS_SAYS_BAD_MODE)
		return MISTAKE_MODE;
	return what == STS_SAYS_BAD_MAX_AGE ? MISTAKE_MAX_AGE : MISTAKE_MX;
}

/* The mistake behind a remark, or MISTAKE_NONE. */
static enum mistake mistake_behind(
    const struct look *k, const struct sts_said *said)
{
	switch ((int)said->what) {
	case STS_SAYS_NO_FIELD:
		return mistake_of_line(said->text, said->len);
	case STS_SAYS_BAD_VERSION:
	case STS_SAYS_BAD_MODE:
	case STS_SAYS_BAD_MAX_AGE:
	case STS_SAYS_BAD_MX:
		return k->p == NULL ? MISTAKE_NONE
				    : mistake_of_value(field_of(said->what),
					  said->text, said->len);
	}
	return MISTAKE_NONE;
}

/* "the character U+00A0: ..." */
static void tell_mistake(const struct look *k, enum lint_level level,
    enum mistake m, const struct sts_said *said)
{
	char shown[SHOWN_MAX + 1], character[16];
	size_t at = 0;
	uint32_t c = mistake_not_ascii(said->text, said->len, &at);

	text_printable(shown, sizeof shown, said->text, said->len);
	snprintf(character, sizeof character, "U+%04X", (unsigned)c);
	if (m == MISTAKE_NOT_ASCII)
		lint_tell(k->l, level, mistake_id(m), k->s, said->line,
		    said->column + (unsigned)at, "%s: %s", character,
		    _(mistake_text(m)));
	else
		lint_tell(k->l, level, mistake_id(m), k->s, said->line,
		    said->column, "\"%s\": %s", shown, _(mistake_text(m)));
}

/* A name that is not a field, but was meant to be one.  It is an error where
 * the field is nowhere else. */
static bool tell_meant(const struct look *k, const struct sts_said *said)
{
	enum mistake_field f = mistake_meant(said->text, said->len);
	char shown[SHOWN_MAX + 1];

	text_printable(shown, sizeof shown, said->text, said->len);
	if (said->len == 2 && ascii_equal(said->text, "id", 2)) {
		lint_tell(k->l, LINT_NOTE, "unknown-field", k->s, said->line,
		    said->column,
		    _("the id belongs in the TXT record; senders ignore it "
		      "here"));
		return true;
	}
	if (f == MISTAKE_FIELDS)
		return false;
	lint_tell(k->l, k->outline.exact[f] ? LINT_WARNING : LINT_ERROR,
	    "field-name", k->s, said->line, said->column,
	    _("\"%s\": the field is written %s"), shown, mistake_field_name(f));
	return true;
}

/* Is this the first of its kind?  Each has one finding. */
static bool is_new(struct look *k, const char *id, const char *text)
{
	for (size_t i = 0; i < k->n_told; i++)
		if (strcmp(k->told[i].id, id) == 0 && k->told[i].text == text)
			return false;
	if (k->n_told < TOLD_MAX) {
		k->told[k->n_told].id = id;
		k->told[k->n_told++].text = text;
	}
	return true;
}

/* A field that is there, but not as senders read it, is not missing too. */
static bool is_missing(const struct look *k, const struct sts_said *said)
{
	enum mistake_field f = mistake_field_of(said->text, said->len);

	return k->p == NULL || f == MISTAKE_FIELDS || !k->outline.meant[f];
}

static void tell_rule(struct look *k, const struct sts_said *said)
{
	char shown[SHOWN_MAX + 1];
	struct rule r = rules[said->what];
	enum mistake m = mistake_behind(k, said);

	if (said->what == STS_SAYS_UNKNOWN && k->p != NULL &&
	    tell_meant(k, said))
		return;
	if (said->what == STS_SAYS_MISSING && !is_missing(k, said))
		return;
	if (m != MISTAKE_NONE) {
		if (is_new(k, mistake_id(m), mistake_text(m)))
			tell_mistake(k, r.level, m, said);
		return;
	}
	if ((said->what == STS_SAYS_EMPTY || said->what == STS_SAYS_NO_FIELD) &&
	    !is_new(k, r.id, r.text))
		return;
	text_printable(shown, sizeof shown, said->text, said->len);
	if (shown[0] != '\0')
		lint_tell(k->l, r.level, r.id, k->s, said->line, said->column,
		    "\"%s\": %s", shown, _(r.text));
	else
		lint_tell(k->l, r.level, r.id, k->s, said->line, said->column,
		    "%s", _(r.text));
}

/* ---- a policy file ---- */

static void keep_mx(const struct look *k, const struct sts_said *said)
{
	struct lint_policy *p = k->p;
	char shown[SHOWN_MAX + 1];

	text_printable(shown, sizeof shown, said->text, said->len);
	for (size_t i = 0; i < p->n_mx; i++)
		if (strlen(p->mx[i].pattern) == said->len &&
		    memcmp(p->mx[i].pattern, said->text, said->len) == 0) {
			lint_tell(k->l, LINT_NOTE, "mx-twice", k->s, said->line,
			    said->column,
			    _("\"%s\": this mx is there already, in line %u"),
			    shown, p->mx[i].line);
			return;
		}
	if (mistake_is_placeholder(said->text, said->len))
		lint_tell(k->l, LINT_WARNING, "placeholder", k->s, said->line,
		    said->column,
		    _("\"%s\": this looks as if a template was not filled in"),
		    shown);
	p->mx = xgrow(p->mx, p->n_mx, &p->room, sizeof *p->mx);
	p->mx[p->n_mx++] =
	    (struct lint_mx){.pattern = xstrndup(said->text, said->len),
		.line = said->line,
		.column = said->column};
}

static void on_policy(void *arg, const struct sts_said *said)
{
	struct look *k = arg;

	if (said->what == STS_SAYS_MX) {
		keep_mx(k, said);
	} else if (said->what == STS_SAYS_MODE) {
		k->p->mode_line = said->line;
		k->p->mode_column = said->column;
	} else if (said->what == STS_SAYS_MAX_AGE ||
		   said->what == STS_SAYS_CAPPED) {
		k->p->max_age_line = said->line;
		k->p->max_age_column = said->column;
	}
	if (said->what < N_RULES)
		tell_rule(k, said);
}

/* What could be better in a valid policy. */
static void advise(const struct look *k)
{
	const struct lint_policy *p = k->p;
	enum lint_level level = LINT_NOTE;

	switch (p->policy.mode) {
	case STS_MODE_NONE:
		lint_tell(k->l, LINT_NOTE, "mode-none", k->s, p->mode_line,
		    p->mode_column,
		    _("mode none: senders discard the policy; nothing is "
		      "protected"));
		return;
	case STS_MODE_TESTING:
		lint_tell(k->l, LINT_NOTE, "mode-testing", k->s, p->mode_line,
		    p->mode_column,
		    _("mode testing: failures are reported; nothing is "
		      "protected"));
		break;
	case STS_MODE_ENFORCE:
		if (p->policy.max_age < DAY)
			level = LINT_WARNING;
		break;
	}
	if (p->policy.max_age == 0)
		lint_tell(k->l, LINT_WARNING, "max_age-short", k->s,
		    p->max_age_line, p->max_age_column,
		    _("max_age 0: senders discard the policy at once"));
	else if (p->policy.max_age < WEEK)
		lint_tell(k->l, level, "max_age-short", k->s, p->max_age_line,
		    p->max_age_column,
		    _("senders discard the policy unless they see it again "
		      "within %u seconds; RFC 8461 expects weeks"),
		    p->policy.max_age);
}

/* true: it is something else, in which every line would be wrong. */
static bool tell_other_kind(struct lint *l, const struct lint_source *s)
{
	unsigned line = 0;
	enum mistake m = mistake_of_file(s->text, s->len, &line);

	if (m == MISTAKE_NONE)
		return false;
	lint_tell(l, LINT_ERROR, mistake_id(m), s, line, line > 0, "%s",
	    _(mistake_text(m)));
	return true;
}

void lint_policy_text(
    struct lint *l, const struct lint_source *s, struct lint_policy *p)
{
	static char text[STS_TEXT_MAX];
	struct look k = {.l = l, .s = s, .p = p};

	memset(p, 0, sizeof *p);
	if (s->len <= STS_POLICY_MAX && tell_other_kind(l, s))
		return;
	mistake_outline(&k.outline, s->text, s->len);
	p->valid =
	    sts_scan_policy(&p->policy, s->text, s->len, text, on_policy, &k);
	if (p->valid)
		advise(&k);
}

void lint_policy_clear(struct lint_policy *p)
{
	for (size_t i = 0; i < p->n_mx; i++)
		free(p->mx[i].pattern);
	free(p->mx);
	p->mx = NULL;
	p->n_mx = p->room = 0;
}

/* ---- a TXT record ---- */

static void on_txt(void *arg, const struct sts_said *said)
{
	if (said->what < N_RULES)
		tell_rule(arg, said);
}

static void ignore(void *arg, const struct sts_said *said)
{
	(void)arg;
	(void)said;
}

enum sts_txt lint_txt_text(
    struct lint *l, const struct lint_source *s, char id[static STS_ID_MAX + 1])
{
	struct look k = {.l = l, .s = s};
	enum sts_txt result = sts_scan_txt(s->text, s->len, id, ignore, NULL);
	size_t at = 0;
	enum mistake m = result != STS_TXT_VALID
			     ? mistake_of_txt(s->text, s->len, &at)
			     : MISTAKE_NONE;
	const struct sts_said said = {.line = 1,
	    .column = m != MISTAKE_NOT_ASCII ? (unsigned)at + 1 : 1,
	    .text = s->text,
	    .len = s->len};

	if (m != MISTAKE_NONE) {
		tell_mistake(&k, LINT_ERROR, m, &said);
		return result;
	}
	if (result == STS_TXT_OTHER)
		lint_tell(l, LINT_ERROR, "txt-version", s, 1, 1,
		    _("an MTA-STS record begins with \"v=STSv1;\"; senders "
		      "ignore others"));
	else
		result = sts_scan_txt(s->text, s->len, id, on_txt, &k);
	if (result == STS_TXT_VALID && mistake_is_placeholder(id, strlen(id)))
		lint_tell(l, LINT_WARNING, "placeholder", s, 1, 1,
		    _("\"%s\": this looks as if a template was not filled in"),
		    id);
	return result;
}
