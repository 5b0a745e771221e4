/* rows: the lines of `cache list`.
 * SPDX-License-Identifier: MIT */
#include "verb/cache/rows.h"

#include <stdio.h>
#include "term/duration.h"
#include "verb/cache/cache.h"
#include "verb/json.h"

#define COLUMNS 7
#define GAP 2	       /* blanks between columns */
#define KEY_COLUMNS 16 /* of the first column at least */

static const char *policy_word(const struct record_status *f)
{
	switch (f->policy) {
	case RECORD_STATUS_POLICY_NONE:
		return "-";
	case RECORD_STATUS_POLICY_ALIVE:
		return sts_mode_name(f->mode);
	case RECORD_STATUS_POLICY_EXPIRED:
		return _("expired");
	}
	return "-";
}

static void put_until(int64_t when, int64_t now, char buf[static DURATION_MAX])
{
	if (when == 0)
		snprintf(buf, DURATION_MAX, "-");
	else if (when <= now)
		snprintf(buf, DURATION_MAX, "%s", _("now"));
	else
		duration_text(when - now, buf);
}

static void put_since(int64_t when, int64_t now, char buf[static DURATION_MAX])
{
	if (when == 0)
		snprintf(buf, DURATION_MAX, "-");
	else
		duration_text(now - when, buf);
}

/* The cells of a row; a verdict in parentheses has to be looked up first. */
static void put_cells(const struct cache_row *row, int64_t now,
    char cell[static COLUMNS][DURATION_MAX])
{
	const struct record_status *f = &row->f;

	snprintf(cell[1], DURATION_MAX,
	    f->served == VERDICT_PENDING ? "(%s)" : "%s",
	    verdict_name(f->known));
	put_since(f->checked, now, cell[2]);
	put_until(f->due, now, cell[3]);
	snprintf(cell[4], DURATION_MAX, "%s", policy_word(f));
	if (f->policy == RECORD_STATUS_POLICY_ALIVE)
		put_until(f->expires, now, cell[5]);
	else
		snprintf(cell[5], DURATION_MAX, "-");
	put_since(f->used, now, cell[6]);
}

/* A key, cut at the end if it is too long for its column. */
static void put_key(const struct term *p, const char *key, int width)
{
	int columns = term_columns(key);

	if (columns <= width)
		printf("%s%*s", key, width - columns, "");
	else if (p->utf8)
		printf("%.*s…", width - 1, key);
	else
		printf("%.*s...", width - 3, key);
}

static void print_cells(const char cell[static COLUMNS][DURATION_MAX],
    const int width[static COLUMNS], const struct term *p,
    enum term_style verdict)
{
	for (int i = 1; i < COLUMNS; i++) {
		int left = width[i] - term_columns(cell[i]);

		printf("%*s", GAP, "");
		term_put(p, i == 1 ? verdict : TERM_PLAIN, "%s", cell[i]);
		if (i + 1 < COLUMNS)
			printf("%*s", left, "");
	}
	putchar('\n');
}

void cacherows_table(
    const struct term *p, const struct cache_row *row, size_t n, int64_t now)
{
	char cell[COLUMNS][DURATION_MAX];
	const char *head[COLUMNS] = {_("domain"), _("verdict"), _("age"),
	    _("due in"), _("policy"), _("expires in"), _("used")};
	int width[COLUMNS], rest = p->width - 1;

	if (n == 0)
		return;
	for (int i = 0; i < COLUMNS; i++)
		width[i] = term_columns(head[i]);
	for (size_t i = 0; i < n; i++) {
		int columns = term_columns(row[i].key);

		put_cells(&row[i], now, cell);
		if (columns > width[0])
			width[0] = columns;
		for (int k = 1; k < COLUMNS; k++)
			if ((columns = term_columns(cell[k])) > width[k])
				width[k] = columns;
	}
	for (int i = 1; i < COLUMNS; i++)
		rest -= width[i] + GAP;
	if (width[0] > rest)
		width[0] = rest > KEY_COLUMNS ? rest : KEY_COLUMNS;
	for (int i = 1; i < COLUMNS; i++)
		snprintf(cell[i], DURATION_MAX, "%s", head[i]);
	term_on(p, TERM_HEAD);
	put_key(p, head[0], width[0]);
	/* Plain, because another style would end this one. */
	print_cells(cell, width, p, TERM_PLAIN);
	term_off(p, TERM_HEAD);
	for (size_t i = 0; i < n; i++) {
		put_cells(&row[i], now, cell);
		put_key(p, row[i].key, width[0]);
		print_cells(cell, width, p,
		    row[i].f.served == VERDICT_PENDING ? TERM_FAINT
		    : row[i].f.stale		       ? TERM_WARN
				     : cache_style(row[i].f.known));
	}
}

static void print_time(int64_t when)
{
	if (when == 0)
		printf("\t-");
	else
		printf("\t%lld", (long long)when);
}

void cacherows_tabs(const struct cache_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct record_status *f = &row[i].f;

		printf("%s\t%s\t%s", row[i].key, verdict_name(f->served),
		    verdict_name(f->known));
		print_time(f->checked);
		print_time(f->due);
		printf("\t%s", f->policy == RECORD_STATUS_POLICY_NONE
				   ? "-"
				   : sts_mode_name(f->mode));
		print_time(f->expires);
		print_time(f->used);
		putchar('\n');
	}
}

void cacherows_json(const struct cache_row *row, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct record_status *f = &row[i].f;
		json_t *o = json_open("cache-list-1");

		json_text(o, "key", row[i].key);
		json_text(o, "verdict", verdict_name(f->served));
		json_text(o, "last_verdict", verdict_name(f->known));
		json_text(o, "why", f->why.text);
		json_flag(o, "stale", f->stale);
		json_flag(o, "failed", f->failed);
		json_time(o, "checked", f->checked);
		json_time(o, "due", f->due);
		json_text(o, "mode",
		    f->policy == RECORD_STATUS_POLICY_NONE
			? ""
			: sts_mode_name(f->mode));
		json_time(o, "expires", f->expires);
		json_time(o, "used", f->used);
		json_print(o);
	}
}
