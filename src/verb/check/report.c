/* report: the items that `mxpolicy check` prints, one after the other.
 * SPDX-License-Identifier: MIT */
#include "verb/check/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "verb/json.h"

static const struct {
	const char *word, *shown;
	enum term_style style;
} states[CHECK_STATES] = {
    [CHECK_GOOD] = {"good", N_("good"), TERM_GOOD},
    [CHECK_WARNING] = {"warning", N_("warning"), TERM_WARN},
    [CHECK_BAD] = {"bad", N_("BAD"), TERM_BAD},
    [CHECK_SKIPPED] = {"skipped", N_("skipped"), TERM_FAINT},
};

/* The column where texts begin: after the longest word of a state. */
static int text_column(void)
{
	int most = 0;

	for (int i = 0; i < CHECK_STATES; i++) {
		int columns = term_columns(_(states[i].shown));

		if (columns > most)
			most = columns;
	}
	return most + 4;
}

void check_group(struct check_report *r, const char *group, const char *heading)
{
	bool first = r->group == NULL;

	r->group = group;
	r->where = NULL;
	if (r->json)
		return;
	if (!first)
		putchar('\n');
	term_put(r->term, TERM_HEAD, "%s", heading);
	putchar('\n');
	fflush(stdout);
}

static void print_item(const struct term *p, enum check_state state,
    const char *text, const char *fix)
{
	const char *word = _(states[state].shown);
	int column = text_column();

	printf("  ");
	term_put(p, states[state].style, "%s", word);
	printf("%*s", column - 2 - term_columns(word), "");
	if (p->terminal)
		term_wrapped(stdout, text, column, column, p->width - 1);
	else
		puts(text);
	/* To be pasted, so never wrapped. */
	while (fix != NULL && *fix != '\0') {
		int len = (int)strcspn(fix, "\n");

		printf("%*s%.*s\n", column + 4, "", len, fix);
		fix += len + (fix[len] == '\n');
	}
	fflush(stdout);
}

static void print_json(const struct check_report *r, enum check_state state,
    const char *item, const char *text, const char *fix)
{
	json_t *o = json_open("check-1");

	json_text(o, "group", r->group);
	json_text(o, "item", item);
	json_text(o, "state", states[state].word);
	json_text(o, "text", text);
	json_text(o, "fix", fix != NULL ? fix : "");
	if (r->where != NULL)
		json_text(o, "where", r->where);
	json_print(o);
	fflush(stdout);
}

void check_tell(struct check_report *r, enum check_state state,
    const char *item, const char *fix, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	xneed(vasprintf(&text, fmt, ap) >= 0);
	va_end(ap);
	r->count[state]++;
	if (r->json)
		print_json(r, state, item, text, fix);
	else
		print_item(r->term, state, text, fix);
	free(text);
}

void check_sum(const struct check_report *r)
{
	if (r->json)
		return;
	putchar('\n');
	for (int i = CHECK_STATES - 1; i >= 0; i--)
		if (r->count[i] > 0)
			term_put(r->term,
			    i != CHECK_SKIPPED ? states[i].style : TERM_PLAIN,
			    "%zu %s  ", r->count[i], _(states[i].shown));
	putchar('\n');
}

void check_quote(char *to, size_t size, const char *word)
{
	size_t len = 0;

	/* Room for the last mark and, at worst, four bytes for one. */
	if (size < 8) {
		to[0] = '\0';
		return;
	}
	to[len++] = '\'';
	for (; *word != '\0' && len + 6 < size; word++) {
		/* It ends the word, stands for itself, and begins another. */
		if (*word == '\'') {
			memcpy(to + len, "'\\'", 3);
			len += 3;
		}
		to[len++] = *word;
	}
	to[len++] = '\'';
	to[len] = '\0';
	if (*word != '\0')
		to[0] = '\0';
}

void check_put(char *to, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(to, size, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= size)
		to[0] = '\0';
}
