/* json: what explain found, as an object.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "verb/explain/explain.h"
#include "verb/json.h"

enum kind { TEXT, NUMBER, FLAG, TIME, WORDS };

/* The fields of each kind of note (wire/note.h) with their JSON types. */
static const struct member {
	const char *kind, *name;
	enum kind type;
} members[] = {
    {"servers", "servers", TEXT},
    {"servers", "validates", FLAG},
    {"servers", "fell_back", FLAG},
    {"servers", "why", TEXT},
    {"dns", "part", TEXT},
    {"dns", "host", TEXT},
    {"dns", "type", TEXT},
    {"dns", "name", TEXT},
    {"dns", "state", TEXT},
    {"dns", "content", TEXT},
    {"dns", "ttl", NUMBER},
    {"dns", "alias", TEXT},
    {"dns", "why", TEXT},
    {"record", "type", TEXT},
    {"record", "text", TEXT},
    {"record", "usable", FLAG},
    {"host", "name", TEXT},
    {"host", "state", TEXT},
    {"host", "usable", NUMBER},
    {"host", "of", NUMBER},
    {"host", "why", TEXT},
    {"mx", "text", TEXT},
    {"https", "host", TEXT},
    {"https", "address", TEXT},
    {"https", "tls", TEXT},
    {"https", "status", NUMBER},
    {"https", "type", TEXT},
    {"https", "bytes", NUMBER},
    {"https", "ms", NUMBER},
    {"cert", "place", NUMBER},
    {"cert", "subject", TEXT},
    {"cert", "issuer", TEXT},
    {"cert", "names", WORDS},
    {"cert", "begins", TIME},
    {"cert", "expires", TIME},
    {"line", "n", NUMBER},
    {"line", "text", TEXT},
    {"policy", "outcome", TEXT},
    {"policy", "id", TEXT},
    {"policy", "mode", TEXT},
    {"policy", "max_age", NUMBER},
    {"policy", "line", NUMBER},
    {"policy", "why", TEXT},
};

static void add_words(json_t *o, const char *name, const char *text)
{
	json_t *array = json_member(o, name, json_array());

	while (*text != '\0') {
		char word[DOMAIN_MAX + 1];
		size_t len = strcspn(text, " ");

		snprintf(word, sizeof word, "%.*s", (int)len, text);
		json_append_text(array, word);
		text += len;
		text += strspn(text, " ");
	}
}

static void fill(json_t *o, const struct note_view *v)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		const struct member *m = &members[i];
		const char *text = note_get(v, m->name);

		if (strcmp(m->kind, v->kind) != 0 || text[0] == '\0')
			continue;
		switch (m->type) {
		case TEXT:
			json_text(o, m->name, text);
			break;
		case NUMBER:
			json_number(o, m->name, note_get_number(v, m->name));
			break;
		case FLAG:
			json_flag(o, m->name, note_get_flag(v, m->name));
			break;
		case TIME:
			json_time(o, m->name, note_get_number(v, m->name));
			break;
		case WORDS:
			add_words(o, m->name, text);
			break;
		}
	}
}

/* All notes of a kind, each with what follows it. */
static void add_all(json_t *o, const char *name, const struct trace *c,
    const char *kind, const char *followers, const char *follower)
{
	static struct note_view v;
	json_t *array = json_member(o, name, json_array());
	size_t pos = 0;

	while (trace_next(c, &pos, kind, &v)) {
		json_t *item = json_append_object(array), *list;

		fill(item, &v);
		if (follower == NULL)
			continue;
		list = json_member(item, followers, json_array());
		while (trace_follow(c, &pos, follower, &v))
			fill(json_append_object(list), &v);
	}
}

static void add_one(
    json_t *o, const char *name, const struct trace *c, const char *kind)
{
	static struct note_view v;
	json_t *item = json_member(o, name, json_object());
	size_t pos = 0;

	/* The last one counts: "same" comes before the outcome of a fetch. */
	while (trace_next(c, &pos, kind, &v)) {
		json_object_clear(item);
		fill(item, &v);
	}
}

void explain_json(
    const struct trace *c, const struct config *config, const char *next_hop)
{
	const struct answer *a = trace_answer(c);
	json_t *o = json_open("explain-1"), *replies;

	json_text(o, "next_hop", next_hop);
	json_text(o, "key", a->key);
	json_text(o, "verdict", verdict_name(a->verdict));
	json_text(o, "row",
	    a->record.dane.asof != 0 && !a->record.dane.failed
		? verdict_row(&a->record.dane.last)
		: "");
	json_text(o, "why", a->why.text);
	replies = json_member(o, "replies", json_object());
	for (size_t i = 0; i < config->n_maps; i++)
		json_text(replies, config->maps[i].name, trace_reply(c, i));
	add_one(o, "name_servers", c, "servers");
	add_all(o, "dns", c, "dns", "records", "record");
	add_all(o, "hosts", c, "host", NULL, NULL);
	add_all(o, "mx_remarks", c, "mx", NULL, NULL);
	add_all(o, "https", c, "https", "certificates", "cert");
	add_one(o, "policy", c, "policy");
	add_all(o, "policy_lines", c, "line", NULL, NULL);
	json_print(o);
}
