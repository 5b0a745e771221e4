/* earlier: a table of the administrator that Postfix asks before mxpolicy.
 * SPDX-License-Identifier: MIT */
#include "verb/check/earlier.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/ascii.h"
#include "base/clock.h"
#include "base/text.h"
#include "cache/store.h"
#include "serve/decide.h"

#define NAMED_MAX 5   /* entries that are named; further ones are counted */
#define SHOWN_MAX 600 /* of their names */

/* Types whose entries postmap(1) can list. */
static bool is_listed(const char *text)
{
	static const char *const types[] = {"hash:", "btree:", "lmdb:", "cdb:",
	    "dbm:", "sdbm:", "texthash:", "inline:"};

	if (strncmp(text, "proxy:", 6) == 0)
		text += 6;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (strncmp(text, types[i], strlen(types[i])) == 0)
			return true;
	return false;
}

/* What mxpolicy would answer now by what is cached; PENDING: it is not. */
static enum verdict cached_verdict(
    const struct setup *c, struct store *s, const char *name, size_t len)
{
	static uint8_t buf[RECORD_MAX];
	static struct record record;
	static struct domain domain;
	char key[DOMAIN_KEY_MAX + 1];
	struct reason why;
	struct decision d = {.config = &c->v->config,
	    .map = config_map(&c->v->config, "QUERY", 5),
	    .domain = &domain,
	    .record = &record,
	    .now = clock_now()};

	domain_parse(&domain, name, len);
	if (domain.kind == DOMAIN_REFUSED || domain.utf8 ||
	    domain.service[0] != '\0')
		return VERDICT_PENDING;
	domain_format_key(&domain, key);
	if (store_get(s, key, &record, buf, clock_ms()) != STORE_FOUND)
		return VERDICT_PENDING;
	return decide_record(&d, &why);
}

/* none, may and encrypt check no certificate; whatever else does, or is a
 * fault that Postfix tells itself. */
static bool is_weak(const char *level, size_t len)
{
	static const char *const weak[] = {"none", "may", "encrypt"};

	for (size_t i = 0; i < sizeof weak / sizeof weak[0]; i++)
		if (strlen(weak[i]) == len && ascii_equal(level, weak[i], len))
			return true;
	return false;
}

struct found {
	char names[SHOWN_MAX]; /* "a.example (may; mxpolicy: dane), ..." */
	size_t named, more, unknown;
};

/* One line of postmap -s: "KEY<TAB>LEVEL ATTRIBUTES". */
static void look_at(const struct setup *c, struct store *s, const char *line,
    size_t len, struct found *f)
{
	const char *tab = memchr(line, '\t', len), *level;
	size_t key_len, level_len, used = strlen(f->names);
	char key[DOMAIN_MAX + 1];
	enum verdict v;

	if (tab == NULL)
		return;
	key_len = (size_t)(tab - line);
	level = tab + 1;
	level_len = len - key_len - 1;
	for (size_t i = 0; i < level_len; i++)
		if (level[i] == ' ' || level[i] == '\t')
			level_len = i;
	if (!is_weak(level, level_len))
		return;
	v = cached_verdict(c, s, line, key_len);
	if (v == VERDICT_PENDING || v == VERDICT_TEMP) {
		f->unknown++;
	} else if (v != VERDICT_NOTFOUND) {
		if (f->named == NAMED_MAX || SHOWN_MAX - used < DOMAIN_MAX + 50)
			f->more++;
		else
			snprintf(f->names + used, SHOWN_MAX - used,
			    "%s%s (%.*s; mxpolicy: %s)",
			    f->named++ > 0 ? ", " : "",
			    text_printable(key, sizeof key, line, key_len),
			    (int)level_len, level, verdict_name(v));
	}
}

void check_earlier(
    struct setup *c, const struct instance *p, const struct maincf_table *table)
{
	const char *const argv[] = {
	    "postmap", "-c", p->dir, "-s", table->text, NULL};
	static struct command r;
	struct found f = {.names = ""};
	struct store *s;

	if (!is_listed(table->text) || command_run(&r, argv) != COMMAND_DONE) {
		check_tell(&c->report, CHECK_GOOD, "earlier-table", NULL,
		    _("%s is asked first: for the domains it lists, "
		      "mxpolicy is not asked"),
		    table->text);
		return;
	}
	s = store_open_read(c->v->config.cache, c->v->config.cache_max_entries);
	for (const char *line = r.out; *line != '\0';
	     line += strcspn(line, "\n"), line += *line == '\n')
		look_at(c, s, line, strcspn(line, "\n"), &f);
	store_close(s);
	if (f.named + f.more > 0)
		check_tell(&c->report, CHECK_WARNING, "earlier-table", NULL,
		    ngettext("%s is asked first, and is weaker than what "
			     "%zu domain publishes: %s",
			"%s is asked first, and is weaker than what %zu "
			"domains publish: %s",
			f.named + f.more),
		    table->text, f.named + f.more, f.names);
	else if (f.unknown > 0)
		check_tell(&c->report, CHECK_GOOD, "earlier-table", NULL,
		    ngettext(
			"%s is asked first: for the domains it lists, "
			"mxpolicy is not asked; what %zu of them with may, "
			"encrypt or none publishes is not in the cache",
			"%s is asked first: for the domains it lists, mxpolicy "
			"is not asked; what %zu of them with may, encrypt or "
			"none publish is not in the cache",
			f.unknown),
		    table->text, f.unknown);
	else
		check_tell(&c->report, CHECK_GOOD, "earlier-table", NULL,
		    _("%s is asked first: for the domains it lists, "
		      "mxpolicy is not asked"),
		    table->text);
}
