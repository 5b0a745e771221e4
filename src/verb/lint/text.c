/* text: what is to be said of a policy file and a TXT record.
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
	const char *text; /* N_(), behind the value in question */
};

static const struct rule rules[] = {
    [STS_SAYS_TXT_FIELD] = {LINT_ERROR, "txt-field",
	N_("not of the form name=value, with a semicolon behind it and "
	   "no blank around the equals sign")},
    [STS_SAYS_TXT_VALUE] = {LINT_ERROR, "txt-value",
	N_("its value is empty, or has something in it or behind it that "
	   "is not allowed")},
    [STS_SAYS_TXT_NO_ID] = {LINT_ERROR, "txt-no-id",
	N_("there is no id; it is written as in v=STSv1; id=20260131;")},
    [STS_SAYS_TXT_ID] = {LINT_ERROR, "txt-id",
	N_("an id is 1 to 32 letters and digits, and nothing else")},
    [STS_SAYS_TOO_LARGE] = {LINT_ERROR, "size",
	N_("the policy is larger than 64 KiB; senders read no more")},
    [STS_SAYS_NO_FIELD] = {LINT_ERROR, "no-field",
	N_("not of the form name: value, with nothing before the name and "
	   "the colon right behind it")},
    [STS_SAYS_BAD_VERSION] = {LINT_ERROR, "version",
	N_("the version has to be STSv1")},
    [STS_SAYS_BAD_MODE] = {LINT_ERROR, "mode",
	N_("the mode has to be enforce, testing or none, in small "
	   "letters")},
    [STS_SAYS_BAD_MAX_AGE] = {LINT_ERROR, "max_age",
	N_("max_age has to be a number of seconds, of 1 to 10 digits and "
	   "nothing else")},
    [STS_SAYS_BAD_MX] = {LINT_ERROR, "mx",
	N_("an mx has to be the name of a host, with a dot in it, or *. "
	   "and such a name")},
    [STS_SAYS_MISSING] = {LINT_ERROR, "missing",
	N_("the policy has to have a line with this field")},
    [STS_SAYS_AGAIN] = {LINT_WARNING, "again",
	N_("this field was there before, and the first one counts")},
    [STS_SAYS_CAPPED] = {LINT_WARNING, "max_age-cap",
	N_("senders keep a policy for no more than 31557600 seconds")},
    [STS_SAYS_DOT] = {LINT_WARNING, "mx-dot",
	N_("a dot at the end is not allowed; some senders find that no "
	   "host matches it")},
    [STS_SAYS_EMPTY] = {LINT_WARNING, "empty-line",
	N_("an empty line, which RFC 8461 does not allow")},
    [STS_SAYS_LEFT_OUT] = {LINT_WARNING, "left-out",
	N_("braces, control characters or malformed UTF-8: nobody can "
	   "report this line")},
    [STS_SAYS_UNKNOWN] = {LINT_NOTE, "unknown-field",
	N_("no field of RFC 8461; senders pass it over")},
};

#define N_RULES (sizeof rules / sizeof rules[0])

struct look {
	struct lint *l;
	const struct lint_source *s;
	struct lint_policy *p; /* NULL for a TXT record */
};

/* ---- better words for what people really do ---- */

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
			  "without");
	if (begins(said, "#"))
		return N_("a policy has no comments");
	return NULL;
}

static const char *mx_hint(const struct sts_said *said)
{
	if (said->len == 0)
		return N_("an mx without a name");
	if (has(said, " ", 1) || has(said, ",", 1))
		return N_("one name on each mx line, and nothing behind it");
	if (begins(said, "."))
		return N_("all hosts of a domain are *.example.com, not "
			  ".example.com");
	if (begins(said, "*"))
		return N_("an asterisk stands for the first label alone, as in "
			  "*.example.com");
	if (begins(said, "["))
		return N_("an mx is a name, not an address");
	return NULL;
}

/* A known field that is spelt otherwise: NULL for none. */
static const char *unknown_hint(const struct sts_said *said)
{
	static const struct {
		const char *name, *text;
	} known[] = {
	    {"version", N_("senders know the field version in small "
			   "letters only")},
	    {"mode", N_("senders know the field mode in small letters "
			"only")},
	    {"max_age", N_("senders know the field max_age in small "
			   "letters only")},
	    {"max-age", N_("the field is written max_age")},
	    {"mx", N_("senders know the field mx in small letters "
		      "only")},
	    {"id", N_("senders know the field id in small letters "
		      "only")},
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (strlen(known[i].name) == said->len &&
		    ascii_equal(said->text, known[i].name, said->len))
			return known[i].text;
	return NULL;
}

/* The rule, with a hint in place of its text. */
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
	/* In a TXT record "max_age" is nobody's mistake. */
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

/* What a valid policy could do better. */
static void advise(const struct look *k)
{
	const struct lint_policy *p = k->p;
	enum lint_level level = LINT_NOTE;

	switch (p->policy.mode) {
	case STS_MODE_NONE:
		lint_tell(k->l, LINT_NOTE, "mode-none", k->s, p->mode_line,
		    p->mode_column,
		    _("mode none: senders forget the policy, nothing is "
		      "protected"));
		return;
	case STS_MODE_TESTING:
		lint_tell(k->l, LINT_NOTE, "mode-testing", k->s, p->mode_line,
		    p->mode_column,
		    _("mode testing: failures are reported, nothing is "
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
		    _("max_age 0: senders forget the policy at once"));
	else if (p->policy.max_age < WEEK)
		lint_tell(k->l, level, "max_age-short", k->s, p->max_age_line,
		    p->max_age_column,
		    _("senders forget the policy after %u seconds without a "
		      "look at it; RFC 8461 expects weeks"),
		    p->policy.max_age);
}

/* Something else than a policy, of which each line would be wrong: true. */
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
		    _("a semicolon has to follow v=STSv1; senders pass this "
		      "record over"));
	else
		lint_tell(l, LINT_ERROR, "txt-version", s, 1, 1,
		    _("a record of MTA-STS begins with v=STSv1; and senders "
		      "pass others over"));
	return result;
}
