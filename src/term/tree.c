/* tree: lines below lines, drawn on a terminal, indented elsewhere.
 * SPDX-License-Identifier: MIT */
#include "term/tree.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

#define DEPTH_MAX 16
#define STEP 3	     /* columns of a tree line */
#define STEP_BYTES 8 /* at least those of "├─ " */
#define PREFIX_MAX ((DEPTH_MAX + 1) * STEP_BYTES + 1)

struct line {
	int depth;
	enum term_style style;
	char *text;
};

struct tree {
	size_t n, room;
	struct line *line;
};

struct strokes {
	const char *tee, *last, *bar, *blank;
};

static const struct strokes drawn = {"├─ ", "└─ ", "│  ", "   "};
static const struct strokes typed = {"|- ", "`- ", "|  ", "   "};

struct tree *tree_open(void)
{
	return xcalloc(1, sizeof(struct tree));
}

void tree_close(struct tree *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->line[i].text);
	free(t->line);
	free(t);
}

void tree_add(
    struct tree *t, int depth, enum term_style style, const char *fmt, ...)
{
	struct line *l;
	va_list ap;

	t->line = xgrow(t->line, t->n, &t->room, sizeof *t->line);
	l = &t->line[t->n++];
	l->depth = depth < DEPTH_MAX ? depth : DEPTH_MAX - 1;
	l->style = style;
	va_start(ap, fmt);
	xneed(vasprintf(&l->text, fmt, ap) >= 0);
	va_end(ap);
}

/* Is there another line of this depth before the branch ends? */
static bool goes_on(const struct tree *t, size_t i, int depth)
{
	while (++i < t->n && t->line[i].depth >= depth)
		if (t->line[i].depth == depth)
			return true;
	return false;
}

/* What precedes a line: its first row, and its other rows. */
struct prefix {
	size_t first_len, rest_len;
	char first[PREFIX_MAX], rest[PREFIX_MAX];
};

static void extend(char *text, size_t *len, const char *part)
{
	*len += (size_t)snprintf(text + *len, PREFIX_MAX - *len, "%s", part);
}

static void prefix_of(
    const struct tree *t, size_t i, const struct strokes *s, struct prefix *p)
{
	int depth = t->line[i].depth;

	p->first_len = p->rest_len = 0;
	p->first[0] = p->rest[0] = '\0';
	for (int d = 1; d < depth; d++) {
		const char *part = goes_on(t, i, d) ? s->bar : s->blank;

		extend(p->first, &p->first_len, part);
		extend(p->rest, &p->rest_len, part);
	}
	if (depth > 0) {
		bool more = goes_on(t, i, depth);

		extend(p->first, &p->first_len, more ? s->tee : s->last);
		extend(p->rest, &p->rest_len, more ? s->bar : s->blank);
	}
	/* Rows after the first are below the line of the children. */
	extend(p->rest, &p->rest_len,
	    i + 1 < t->n && t->line[i + 1].depth > depth ? s->bar : s->blank);
}

/* The text in rows of the terminal, each after its prefix. */
static void print_rows(
    const struct term *p, const struct line *l, const struct prefix *prefix)
{
	char *rows = NULL, *row, *next;
	size_t size;
	FILE *to = open_memstream(&rows, &size);

	xneed(to != NULL);
	term_wrapped(to, l->text, 0, 0, p->width - 1 - (l->depth + 1) * STEP);
	fclose(to);
	for (row = rows; row != NULL && *row != '\0'; row = next) {
		next = strchr(row, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (l->depth > 0)
			term_put(p, TERM_FAINT, "%s",
			    row == rows ? prefix->first : prefix->rest);
		term_put(p, l->style, "%s", row);
		putchar('\n');
	}
	free(rows);
}

void tree_print(const struct tree *t, const struct term *p)
{
	const struct strokes *s = p->utf8 ? &drawn : &typed;
	struct prefix prefix;

	for (size_t i = 0; i < t->n; i++) {
		const struct line *l = &t->line[i];

		if (!p->terminal) {
			printf("%*s%s\n", l->depth * 2, "", l->text);
			continue;
		}
		prefix_of(t, i, s, &prefix);
		print_rows(p, l, &prefix);
	}
}
