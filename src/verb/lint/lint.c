/* lint: what a domain publishes, for those who publish it.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/lint.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "base/text.h"
#include "verb/json.h"
#include "verb/operands.h"

#define SHOWN_MAX 72	/* columns of a source line */
#define SHOWN_BEFORE 48 /* of them before the place that is pointed at */

static const struct {
	const char *word, *shown;
	enum term_style style;
} levels[LINT_LEVELS] = {
    [LINT_ERROR] = {"error", N_("error"), TERM_BAD},
    [LINT_WARNING] = {"warning", N_("warning"), TERM_WARN},
    [LINT_NOTE] = {"note", N_("note"), TERM_HEAD},
};

/* ---- telling ---- */

/* A line of the source, NULL when it has none of that number.  Findings come
 * in the order of lines, mostly: the search goes on where it ended. */
static const char *find_line(
    struct lint *l, const struct lint_source *s, unsigned line, size_t *len)
{
	const char *at = s->text, *end = at + s->len;
	unsigned number = 1;

	if (at == NULL || line == 0)
		return NULL;
	if (l->last_text == s->text && l->last_line <= line) {
		at = l->last_at;
		number = l->last_line;
	}
	for (; number < line; number++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (at == NULL)
			return NULL;
		at++;
	}
	l->last_text = s->text;
	l->last_at = at;
	l->last_line = line;
	for (*len = 0; at + *len < end && at[*len] != '\n'; ++*len)
		continue;
	if (*len > 0 && at[*len - 1] == '\r')
		--*len;
	return at;
}

/* The line, and below it a mark; of a long one the part around the mark. */
static void print_place(
    struct lint *l, const struct lint_source *s, unsigned line, unsigned column)
{
	char text[SHOWN_MAX + 1];
	size_t len, from = 0, at = column - 1;
	const char *source = find_line(l, s, line, &len);

	if (source == NULL || column == 0 || len == 0)
		return;
	if (at > SHOWN_BEFORE && len > SHOWN_MAX)
		from = at - SHOWN_BEFORE;
	if (len - from > SHOWN_MAX)
		len = from + SHOWN_MAX;
	text_printable(text, sizeof text, source + from, len - from);
	printf("    %s\n    %*s", text, (int)(at - from), "");
	term_put(&l->v->term, TERM_GOOD, "^");
	putchar('\n');
}

static void print_finding(struct lint *l, enum lint_level level,
    const struct lint_source *s, unsigned line, unsigned column,
    const char *text)
{
	const struct term *p = &l->v->term;
	char place[32] = "";

	if (line > 0)
		snprintf(place, sizeof place, ":%u:%u", line, column);
	term_put(p, TERM_HEAD, "%s%s: ", s->name, place);
	term_put(p, levels[level].style, "%s: ", _(levels[level].shown));
	if (p->terminal)
		term_wrapped(stdout, text,
		    (int)(strlen(s->name) + strlen(place)) + 4 +
			term_columns(_(levels[level].shown)),
		    4, p->width - 1);
	else
		puts(text);
	print_place(l, s, line, column);
}

static void print_json(const struct lint *l, enum lint_level level,
    const char *id, const struct lint_source *s, unsigned line, unsigned column,
    const char *text)
{
	json_t *o = json_open("lint-1");

	json_text(o, "target", l->target);
	json_text(o, "level", levels[level].word);
	json_text(o, "id", id);
	json_text(o, "source", s->name);
	json_number(o, "line", line);
	json_number(o, "column", column);
	json_text(o, "text", text);
	json_print(o);
}

void lint_tell(struct lint *l, enum lint_level level, const char *id,
    const struct lint_source *s, unsigned line, unsigned column,
    const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		exit(EX_TEMPFAIL);
	va_end(ap);
	l->count[level]++;
	if (l->v->json)
		print_json(l, level, id, s, line, column, text);
	else
		print_finding(l, level, s, line, column, text);
	free(text);
}

/* One line for each target that was looked at. */
static void print_sum(const struct lint *l)
{
	const char *target = l->target[0] != '\0' ? l->target : "mxpolicy lint";
	unsigned long errors = l->count[LINT_ERROR];
	unsigned long warnings = l->count[LINT_WARNING];
	const struct term *p = &l->v->term;

	if (l->v->json)
		return;
	term_put(p, TERM_HEAD, "%s: ", target);
	if (l->absent) {
		term_put(p, TERM_WARN, _("no MTA-STS policy is published"));
	} else if (errors == 0 && warnings == 0) {
		term_put(p, TERM_GOOD, _("nothing is wrong"));
	} else {
		term_put(p, errors > 0 ? TERM_BAD : TERM_PLAIN,
		    ngettext("%lu error", "%lu errors", errors), errors);
		printf(", ");
		term_put(p, warnings > 0 ? TERM_WARN : TERM_PLAIN,
		    ngettext("%lu warning", "%lu warnings", warnings),
		    warnings);
	}
	/* Each of them is a warning as well. */
	if (l->unknown) {
		printf(", ");
		term_put(p, TERM_BAD, _("not all could be looked at"));
	}
	putchar('\n');
}

/* ---- the command line ---- */

enum { OPTION_POLICY = 1, OPTION_TXT, OPTION_STRICT };

static const struct verb_option options[] = {
    {OPTION_POLICY, "policy", N_("FILE"),
	N_("look at this policy file (-: standard input); with a DOMAIN, "
	   "in place of the one that it publishes")},
    {OPTION_TXT, "txt", N_("TEXT"),
	N_("look at this TXT record, the same way")},
    {OPTION_STRICT, "strict", NULL, N_("exit with status 2 also for warnings")},
    {0},
};

struct work {
	struct lint lint;
	bool strict;
	const char *policy_file, *txt; /* NULL: not given */
	struct lint_source policy_source, txt_source;
	char buf[STS_POLICY_MAX + 1]; /* one more, to see that it is too long */
};

/* false: errno says why. */
static bool read_policy(struct work *w)
{
	bool standard = strcmp(w->policy_file, "-") == 0;
	FILE *f = standard ? stdin : fopen(w->policy_file, "re");
	bool good;

	if (f == NULL)
		return false;
	errno = 0;
	w->policy_source.text = w->buf;
	w->policy_source.len = fread(w->buf, 1, sizeof w->buf, f);
	good = !ferror(f);
	if (!standard)
		fclose(f);
	text_printable(w->policy_source.name, sizeof w->policy_source.name,
	    standard ? "-" : w->policy_file,
	    standard ? 1 : strlen(w->policy_file));
	return good;
}

static int result(const struct work *w)
{
	const struct lint *l = &w->lint;

	if (l->unknown)
		return VERB_TEMP;
	if (l->count[LINT_ERROR] > 0 ||
	    (w->strict && l->count[LINT_WARNING] > 0))
		return VERB_BAD;
	return l->absent ? VERB_NOTFOUND : VERB_OK;
}

static void begin(struct work *w, const char *target)
{
	w->lint = (struct lint){.v = w->lint.v, .target = target};
}

static int lint_texts(struct work *w)
{
	char id[STS_ID_MAX + 1];
	struct lint_policy p;

	begin(w, "");
	if (w->txt != NULL)
		(void)lint_txt_text(&w->lint, &w->txt_source, id);
	if (w->policy_file != NULL) {
		lint_policy_text(&w->lint, &w->policy_source, &p);
		lint_policy_clear(&p);
	}
	print_sum(&w->lint);
	return result(w);
}

static int lint_domains(struct work *w, int argc, char **argv)
{
	struct operands *names = operands_open(argc, argv);
	struct trace *c = trace_open(w->lint.v);
	int code, worst = VERB_OK;
	const char *name;

	while ((name = operands_next(names)) != NULL) {
		begin(w, name);
		trace_look(c, name);
		lint_domain(&w->lint, c,
		    w->policy_file != NULL ? &w->policy_source : NULL,
		    w->txt != NULL ? &w->txt_source : NULL);
		print_sum(&w->lint);
		fflush(stdout);
		code = result(w);
		if (code > worst)
			worst = code;
	}
	if (operands_failed(names))
		worst = verb_fail(&verb_lint, VERB_UNAVAILABLE, "%m");
	trace_close(c);
	operands_close(names);
	return worst;
}

static void take_option(struct work *w, int letter, const char *value)
{
	switch (letter) {
	case OPTION_POLICY:
		w->policy_file = value;
		break;
	case OPTION_TXT:
		w->txt = value;
		w->txt_source = (struct lint_source){
		    .name = "TXT", .text = value, .len = strlen(value)};
		break;
	case OPTION_STRICT:
		w->strict = true;
		break;
	}
}

static int lint_run(struct verb_context *v, int argc, char **argv)
{
	static struct work w;
	const char *value;
	int opt;

	w.lint.v = v;
	while ((opt = verb_option(v, &verb_lint, argc, argv, &value)) > 0)
		take_option(&w, opt, value);
	if (opt < 0)
		return -opt - 1;
	if (w.policy_file != NULL && strcmp(w.policy_file, "-") == 0 &&
	    optind + 1 == argc && strcmp(argv[optind], "-") == 0)
		return verb_usage(&verb_lint,
		    _("standard input is the policy or the domains, not "
		      "both"));
	if (w.policy_file != NULL && !read_policy(&w))
		return verb_fail(&verb_lint, VERB_UNAVAILABLE, "%s: %s",
		    w.policy_file, strerror(errno));
	if (optind < argc)
		return lint_domains(&w, argc - optind, argv + optind);
	if (w.policy_file == NULL && w.txt == NULL)
		return verb_usage(
		    &verb_lint, _("which DOMAIN, --policy or --txt?"));
	return lint_texts(&w);
}

const struct verb verb_lint = {
    .name = "lint",
    .arguments = N_("[DOMAIN...]"),
    .summary = N_("check the MTA-STS policy that a domain publishes, or "
		  "is about to"),
    .options = options,
    .run = lint_run,
};
