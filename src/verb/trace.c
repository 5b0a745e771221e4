/* trace: a lookup made for a person, with all that it met on its way.
 * SPDX-License-Identifier: MIT */
#include "verb/trace.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "base/clock.h"
#include "verb/drop_to_owner.h"

#define TRIES 3 /* when another process is at it: its notes are not ours */
#define POLL_MS 1000

struct text {
	char *text;
	size_t len;
};

struct trace {
	struct verb_context *v;
	struct answer_env env;
	struct answer answer;
	char *reply[CONFIG_MAPS_MAX + 1]; /* NULL-terminated */
	size_t n, room;
	struct text *note;
	struct config config; /* the fetch's own time limit counts here */
};

static void need(bool good)
{
	if (!good)
		exit(EX_TEMPFAIL);
}

static void on_note(const char *key, const char *text, size_t len, void *arg)
{
	struct trace *c = arg;

	(void)key;
	if (c->n == c->room) {
		c->room = c->room * 2 + 64;
		c->note = reallocarray(c->note, c->room, sizeof *c->note);
		need(c->note != NULL);
	}
	c->note[c->n].text = malloc(len + 1);
	need(c->note[c->n].text != NULL);
	memcpy(c->note[c->n].text, text, len);
	c->note[c->n++].len = len;
}

static void forget(struct trace *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->note[i].text);
	c->n = 0;
	for (size_t i = 0; c->reply[i] != NULL; i++) {
		free(c->reply[i]);
		c->reply[i] = NULL;
	}
}

struct trace *trace_open(struct verb_context *v)
{
	struct trace *c = calloc(1, sizeof *c);

	need(c != NULL && drop_to_owner(v->config.cache));
	c->v = v;
	c->config = v->config;
	/* All is shown, also what comes too late for Postfix. */
	c->config.answer_timeout += c->config.https_timeout;
	c->env = (struct answer_env){
	    .config = &c->config, .args = v->options, .idle_asker = true};
	c->env.store = store_open(v->config.cache, v->config.cache_max_entries);
	c->env.refresh =
	    refresh_open(&c->config, c->env.store, v->options, 1, false);
	refresh_set_notes(c->env.refresh, on_note, c);
	return c;
}

void trace_close(struct trace *c)
{
	refresh_close(c->env.refresh);
	store_close(c->env.store);
	forget(c);
	free(c->note);
	free(c);
}

/* The verdict may be known before all is in. */
static void wait_for_the_rest(struct trace *c)
{
	while (refresh_in_flight(c->env.refresh) > 0) {
		struct pollfd p[REFRESH_FDS];

		refresh_poll(c->env.refresh, p);
		poll(p, REFRESH_FDS, POLL_MS);
		refresh_handle(c->env.refresh);
	}
}

static void ask(struct trace *c, const struct config_map *map,
    const char *next_hop, struct answer *a, char *reply)
{
	size_t len =
	    answer_key(&c->env, map, next_hop, strlen(next_hop), a, reply);
	size_t i = (size_t)(map - c->v->config.maps);

	c->reply[i] = strndup(reply, len);
	need(c->reply[i] != NULL);
}

void trace_look(struct trace *c, const char *next_hop)
{
	const struct config_map *maps = c->v->config.maps;
	static struct answer other;
	static char reply[REPLY_MAX];

	for (int try = 0; try < TRIES; try++) {
		forget(c);
		c->env.live = true;
		c->env.since = clock_now();
		ask(c, &maps[0], next_hop, &other, reply);
		wait_for_the_rest(c);
		if (c->n > 0 || other.domain.kind == DOMAIN_REFUSED)
			break;
	}
	/* Once more, with all that was found. */
	c->env.live = false;
	free(c->reply[0]);
	ask(c, &maps[0], next_hop, &c->answer, reply);
	for (size_t i = 1; i < c->v->config.n_maps; i++)
		ask(c, &maps[i], next_hop, &other, reply);
}

const struct answer *trace_answer(const struct trace *c)
{
	return &c->answer;
}

const char *trace_reply(const struct trace *c, size_t map)
{
	return map < CONFIG_MAPS_MAX ? c->reply[map] : NULL;
}

static bool is_of_kind(const struct text *t, const char *kind)
{
	size_t len = strlen(kind);

	return t->len >= len && memcmp(t->text, kind, len) == 0 &&
	       (t->len == len || t->text[len] == ' ');
}

/* v is not touched while there is none. */
bool trace_next(
    const struct trace *c, size_t *pos, const char *kind, struct note_view *v)
{
	while (*pos < c->n) {
		const struct text *t = &c->note[(*pos)++];

		if ((kind == NULL || is_of_kind(t, kind)) &&
		    note_parse(v, t->text, t->len))
			return true;
	}
	return false;
}

bool trace_follow(
    const struct trace *c, size_t *pos, const char *kind, struct note_view *v)
{
	if (*pos >= c->n || !is_of_kind(&c->note[*pos], kind) ||
	    !note_parse(v, c->note[*pos].text, c->note[*pos].len))
		return false;
	++*pos;
	return true;
}

/* ---- hosts ---- */

static struct trace_host *find_host(
    struct trace_host *host, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(host[i].name, name) == 0)
			return &host[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct trace_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The preferences, from the MX answer. */
static void add_preferences(
    const struct trace *c, struct trace_host *host, size_t n)
{
	static struct note_view v;
	size_t pos = 0;

	while (trace_next(c, &pos, "dns", &v)) {
		if (strcmp(note_get(&v, "part"), "mx") != 0)
			continue;
		while (trace_follow(c, &pos, "record", &v)) {
			char *name;
			long preference =
			    strtol(note_get(&v, "text"), &name, 10);
			struct trace_host *h;

			name += strspn(name, " ");
			h = find_host(host, n, name);
			if (h != NULL &&
			    (h->preference < 0 || preference < h->preference))
				h->preference = (int)preference;
		}
	}
}

size_t trace_hosts(const struct trace *c, struct trace_host *host, size_t max)
{
	static struct note_view v;
	size_t pos = 0, n = 0;

	while (n < max && trace_next(c, &pos, "host", &v)) {
		const char *name = note_get(&v, "name");

		if (strlen(name) > DOMAIN_MAX || find_host(host, n, name))
			continue;
		strcpy(host[n].name, name);
		host[n].preference = -1;
		host[n++].state = note_get(&v, "state")[0];
	}
	add_preferences(c, host, n);
	qsort(host, n, sizeof *host, compare);
	return n;
}
