/* report: print the findings of lint.
 * SPDX-License-Identifier: MIT */
#include "verb/lint/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/text.h"
#include "base/xalloc.h"
#include "verb/json.h"

#define SHOWN_MAX 72	/* columns of a source line */
#define SHOWN_BEFORE 48 /* of them before the mark */

static const struct {
	const char *word, *shown;
	enum term_style style;
} levels[LINT_LEVELS] = {
    [LINT_ERROR] = {"error", N_("error"), TERM_BAD},
    [LINT_WARNING] = {"warning", N_("warning"), TERM_WARN},
    [LINT_NOTE] = {"note", N_("note"), TERM_HEAD},
};

/* A line of the source, NULL if there is none of that number.  Findings are
 * mostly in the order of lines, so the search continues where it ended. */
static const char *find_line(
    struct lint *l, const struct lint_source *s, unsigned line, size_t *len)
{
	const char *at = s->text, *end;
	unsigned number = 1;

	if (at == NULL || line == 0)
		return NULL;
	end = at + s->len;
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

/* The line with a mark below it; of a long line only the part around it. */
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
	xneed(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	l->count[level]++;
	if (l->v->json)
		print_json(l, level, id, s, line, column, text);
	else
		print_finding(l, level, s, line, column, text);
	free(text);
}

void lint_sum(const struct lint *l)
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
		term_put(p, TERM_GOOD, _("no problems found"));
	} else {
		term_put(p, errors > 0 ? TERM_BAD : TERM_PLAIN,
		    ngettext("%lu error", "%lu errors", errors), errors);
		printf(", ");
		term_put(p, warnings > 0 ? TERM_WARN : TERM_PLAIN,
		    ngettext("%lu warning", "%lu warnings", warnings),
		    warnings);
	}
	/* These count as warnings as well. */
	if (l->unknown) {
		printf(", ");
		term_put(p, TERM_BAD, _("not everything could be checked"));
	}
	putchar('\n');
}
