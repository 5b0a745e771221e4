/* trace: a lookup for a person, with all that happened on its way.
 * SPDX-License-Identifier: MIT */
#include "verb/trace.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "serve/log.h"
#include "verb/drop_to_owner.h"

#define TRIES 3 /* if another process looks it up, we do not get the notes */

/* Of all notes of a lookup.  Strangers cannot send more than the packets of all
 * lookups, about 40 MB; if resolve sends more than this, it has been taken
 * over. */
#define BYTES_MAX (256UL << 20)

struct frame {
	uint8_t *bytes; /* note_parse() */
	size_t len;
	enum note_kind kind;
};

struct trace {
	struct verb_context *v;
	struct answer_env env;
	struct answer answer;
	char *reply[CONFIG_MAPS_MAX + 1]; /* NULL-terminated */
	size_t n, room, bytes;
	struct frame *note;
	struct config config; /* waits for the fetch as well */
};

static void on_note(void *arg, const char *key, const struct note *n)
{
	static uint8_t buf[NOTE_MAX];
	struct trace *c = arg;
	struct frame f = {.kind = n->kind};

	(void)key;
	f.len = note_format(n, buf, sizeof buf);
	c->bytes += f.len;
	xneed(f.len > 0 && c->bytes < BYTES_MAX);
	f.bytes = (uint8_t *)xmemdup(buf, f.len);
	c->note = xgrow(c->note, c->n, &c->room, sizeof *c->note);
	c->note[c->n++] = f;
}

static void not_stored(void *arg, const struct reason *why)
{
	(void)arg;
	log_trouble(why);
}

static void forget(struct trace *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->note[i].bytes);
	c->n = c->bytes = 0;
	for (size_t i = 0; c->reply[i] != NULL; i++) {
		free(c->reply[i]);
		c->reply[i] = NULL;
	}
}

struct trace *trace_open(struct verb_context *v)
{
	struct trace *c = xcalloc(1, sizeof *c);

	xneed(drop_to_owner(v->config.cache));
	c->v = v;
	c->config = v->config;
	/* Show everything, also what is too late for Postfix. */
	c->config.answer_timeout += c->config.https_timeout;
	c->env = (struct answer_env){.config = &c->config, .args = v->options};
	c->env.store = store_open(v->config.cache, v->config.cache_max_entries);
	c->env.refresh = refresh_open(&c->config, c->env.store,
	    &(const struct refresh_options){.max = 1,
		.args = v->options,
		.observer = &(const struct refresh_observer){
		    .note = on_note, .not_stored = not_stored, .arg = c}});
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

static void ask(struct trace *c, const struct config_map *map,
    const char *next_hop, struct answer *a, char *reply)
{
	size_t len =
	    answer_key(&c->env, map, next_hop, strlen(next_hop), a, reply);
	size_t i = (size_t)(map - c->v->config.maps);

	c->reply[i] = xstrndup(reply, len);
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
		/* The verdict may be known before everything has arrived. */
		refresh_wait(c->env.refresh);
		if (c->n > 0 || other.domain.kind == DOMAIN_REFUSED)
			break;
	}
	/* Again, now with the whole result. */
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

/* It does not fail: on_note() wrote it. */
static bool read_note(const struct frame *f, struct note *n)
{
	return note_parse(n, f->bytes, f->len);
}

bool trace_next(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n)
{
	while (*pos < c->n) {
		const struct frame *f = &c->note[(*pos)++];

		if (f->kind == kind)
			return read_note(f, n);
	}
	return false;
}

bool trace_follow(
    const struct trace *c, size_t *pos, enum note_kind kind, struct note *n)
{
	if (*pos >= c->n || c->note[*pos].kind != kind)
		return false;
	return read_note(&c->note[(*pos)++], n);
}

/* ---- hosts ---- */

const char *trace_letter(enum host_status status)
{
	switch (status) {
	case HOST_USABLE:
		return "U";
	case HOST_UNUSABLE:
		return "X";
	case HOST_NONE:
		return "N";
	case HOST_ERROR:
		return "E";
	case HOST_ABSENT:
		return "-";
	}
	return "-";
}

static struct trace_host *find_host(
    struct trace_host *host, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(host[i].note.name, name) == 0)
			return &host[i];
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const struct trace_host *x = a, *y = b;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	return strcmp(x->note.name, y->note.name);
}

/* The preferences, from the MX answer. */
static void add_preferences(
    const struct trace *c, struct trace_host *host, size_t n)
{
	struct note v;
	size_t pos = 0;

	while (trace_next(c, &pos, NOTE_ANSWER, &v)) {
		if (v.answer.part != NOTE_PART_MX)
			continue;
		while (trace_follow(c, &pos, NOTE_RECORD, &v)) {
			const struct note_record *mx = &v.record;
			struct trace_host *h = find_host(host, n, mx->name);

			if (h != NULL && (h->preference < 0 ||
					     mx->preference < h->preference))
				h->preference = mx->preference;
		}
	}
}

size_t trace_hosts(const struct trace *c, struct trace_host *host, size_t max)
{
	struct note v;
	size_t pos = 0, n = 0;

	while (n < max && trace_next(c, &pos, NOTE_HOST, &v))
		if (find_host(host, n, v.host.name) == NULL)
			host[n++] = (struct trace_host){
			    .note = v.host, .preference = -1};
	add_preferences(c, host, n);
	qsort(host, n, sizeof *host, compare);
	return n;
}
