/* text: check the text of a policy file or a TXT record.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/text.h"

#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/text.h"
#include "base/xalloc.h"

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
	N_("an empty line, which RFC 8461 does not allow")},
    [STS_SAYS_LEFT_OUT] = {LINT_WARNING, "left-out",
	N_("braces, control characters or malformed UTF-8: reports cannot "
	   "contain this line")},
    [STS_SAYS_UNKNOWN] = {LINT_NOTE, "unknown-field",
	N_("not a field of RFC 8461; senders ignore it")},
};

#define N_RULES (sizeof rules / sizeof rules[0])

struct look {
	struct lint *l;
	const struct lint_source *s;
	struct lint_policy *p; /* NULL for a TXT record */
};

/* ---- better words for common mistakes ---- */

static bool has(const struct sts_said *said, const char *bytes, size_t n)
{
	return memmem(said->text, said->len, bytes, n) != NULL;
}

static bool begins(const struct sts_said *said, const char *with)
{
	return said->len >= strlen(with) &&
	       memcmp(said->text, with, strlen(with)) == 0;
}

static const char *no_field_hint(const struct sts_said *said)
{
	if (begins(said, "\xef\xbb\xbf"))
		return N_("the file begins with a byte order mark; save it "
			  "without one");
	if (begins(said, "#"))
		return N_("a policy cannot have comments");
	return NULL;
}

static const char *mx_hint(const struct sts_said *said)
{
	if (said->len == 0)
		return N_("an mx without a name");
	if (has(said, " ", 1) || has(said, ",", 1))
		return N_(
		    "only one name on each mx line, and nothing after it");
	if (begins(said, "."))
		return N_("for all hosts of a domain write *.example.com, not "
			  ".example.com");
	if (begins(said, "*"))
		return N_("an asterisk replaces the whole first label, as in "
			  "*.example.com");
	if (begins(said, "["))
		return N_("an mx is a name, not an address");
	return NULL;
}

/* For a known field with another spelling; NULL for others. */
static const char *unknown_hint(const struct sts_said *said)
{
	static const struct {
		const char *name, *text;
	} known[] = {
	    {"version", N_("the field version is written in lower case")},
	    {"mode", N_("the field mode is written in lower case")},
	    {"max_age", N_("the field max_age is written in lower case")},
	    {"max-age", N_("the field is written max_age")},
	    {"mx", N_("the field mx is written in lower case")},
	    {"id", N_("the field id is written in lower case")},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strlen(known[i].name) == said->len &&
		    ascii_equal(said->text, known[i].name, said->len))
			return known[i].text;
	return NULL;
}

/* The rule, with a hint instead of its text. */
static struct rule rule_for(const struct look *k, const struct sts_said *said)
{
	struct rule r = rules[said->what];
	const char *hint = NULL;

	if (said->what == STS_SAYS_NO_FIELD)
		hint = no_field_hint(said);
	else if (said->what == STS_SAYS_BAD_MX)
		hint = mx_hint(said);
	else if (said->what == STS_SAYS_UNKNOWN)
		hint = unknown_hint(said);
	if (hint == NULL)
		return r;
	r.text = hint;
	/* In a TXT record "max_age" is not a typical mistake. */
	if (said->what == STS_SAYS_UNKNOWN && k->p != NULL) {
		r.level = LINT_WARNING;
		r.id = "field-name";
	}
	return r;
}

static void tell_rule(const struct look *k, const struct sts_said *said)
{
	char shown[SHOWN_MAX + 1];
	struct rule r = rule_for(k, said);

	text_printable(shown, sizeof shown, said->text, said->len);
	if (shown[0] != '\0')
		lint_tell(k->l, r.level, r.id, k->s, said->line, said->column,
		    "\"%s\": %s", shown, _(r.text));
	else
		lint_tell(k->l, r.level, r.id, k->s, said->line, said->column,
		    "%s", _(r.text));
}

/* ---- a policy file ---- */

static void keep_mx(struct lint_policy *p, const struct sts_said *said)
{
	p->mx = xgrow(p->mx, p->n_mx, &p->room, sizeof *p->mx);
	p->mx[p->n_mx++] =
	    (struct lint_mx){.pattern = xstrndup(said->text, said->len),
		.line = said->line,
		.column = said->column};
}

static void on_policy(void *arg, const struct sts_said *said)
{
	const struct look *k = arg;

	if (said->what == STS_SAYS_MX) {
		keep_mx(k->p, said);
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
	const char *text = s->text;

	if (s->len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 ||
			       memcmp(text, "\xfe\xff", 2) == 0 ||
			       text[0] == '\0' || text[1] == '\0')) {
		lint_tell(l, LINT_ERROR, "encoding", s, 0, 0,
		    _("this is UTF-16; a policy is ASCII or UTF-8"));
		return true;
	}
	if (s->len >= 1 && (text[0] == '<' || text[0] == '{')) {
		lint_tell(l, LINT_ERROR, "form", s, 1, 1,
		    _("this is HTML, XML or JSON; a policy is plain text with "
		      "name: value on each line"));
		return true;
	}
	return false;
}

void lint_policy_text(
    struct lint *l, const struct lint_source *s, struct lint_policy *p)
{
	static char text[STS_TEXT_MAX];
	struct look k = {l, s, p};

	memset(p, 0, sizeof *p);
	if (tell_other_kind(l, s))
		return;
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

enum sts_txt lint_txt_text(
    struct lint *l, const struct lint_source *s, char id[static STS_ID_MAX + 1])
{
	static const char version[] = "v=STSv1";
	struct look k = {l, s, NULL};
	enum sts_txt result = sts_scan_txt(s->text, s->len, id, on_txt, &k);

	if (result != STS_TXT_OTHER)
		return result;
	if (s->len >= strlen(version) &&
	    memcmp(s->text, version, strlen(version)) == 0)
		lint_tell(l, LINT_ERROR, "txt-version", s, 1,
		    (unsigned)strlen(version) + 1,
		    _("v=STSv1 must be followed by a semicolon; senders ignore "
		      "this record"));
	else
		lint_tell(l, LINT_ERROR, "txt-version", s, 1, 1,
		    _("an MTA-STS record begins with \"v=STSv1;\"; senders "
		      "ignore others"));
	return result;
}
