/* relay: the next hops that main.cf and its transport tables name.
 * SPDX-License-Identifier: MIT */
#include "verb/check/relay.h"

#include <stdio.h>
#include <string.h>
#include "serve/answer.h"
#include "verb/check/command.h"

#define HOPS_MAX 16 /* of one instance; more are left out */

struct hop {
	char from[64]; /* the parameter */
	char key[MAINCF_NAME_MAX + 1];
};

struct hops {
	const struct instance *instance;
	size_t n;
	struct hop hop[HOPS_MAX];
};

static void add(struct hops *h, const char *from, const char *key, size_t len)
{
	struct hop *to = &h->hop[h->n];

	if (len == 0 || len > MAINCF_NAME_MAX || h->n == HOPS_MAX)
		return;
	for (size_t i = 0; i < h->n; i++)
		if (strncmp(h->hop[i].key, key, len) == 0 &&
		    h->hop[i].key[len] == '\0')
			return;
	snprintf(to->from, sizeof to->from, "%s", from);
	memcpy(to->key, key, len);
	to->key[len] = '\0';
	h->n++;
}

/* "transport:next hop": of interest where smtp(8) delivers.  Without a next hop
 * it is the recipient's domain. */
static void add_transport(struct hops *h, const char *from, const char *value)
{
	const struct instance *p = h->instance;
	size_t name = strcspn(value, ":");
	const char *hop = value + name + (value[name] == ':');
	bool is_ours = name == 0;

	for (size_t i = 0; i < p->n_services; i++)
		is_ours |= strlen(p->service[i].name) == name &&
			   strncmp(p->service[i].name, value, name) == 0;
	if (is_ours)
		add(h, from, hop, strcspn(hop, " \t\r\n,"));
}

/* A list of next hops, as Postfix 3.5 and newer take it. */
static void add_list(struct hops *h, const char *from, const char *list)
{
	while (*list != '\0') {
		size_t len = strcspn(list, " \t,");

		add(h, from, list, len);
		list += len + (list[len] != '\0');
	}
}

/* What a table lists; those that compute their answers list nothing. */
static void add_table(struct hops *h, const char *text)
{
	static struct command r;
	const char *argv[] = {
	    "postmap", "-c", h->instance->dir, "-s", text, NULL};

	if (command_run(&r, argv) != COMMAND_DONE)
		return;
	for (char *line = r.out, *end; *line != '\0'; line = end) {
		size_t len = strcspn(line, "\n"), key;

		end = line + len + (line[len] == '\n');
		line[len] = '\0';
		key = strcspn(line, "\t");
		if (line[key] == '\t')
			add_transport(h, "transport_maps", line + key + 1);
	}
}

static void collect(struct hops *h)
{
	static struct maincf_table table[MAINCF_TABLES_MAX];
	size_t n =
	    maincf_tables(instance_get(h->instance, "transport_maps"), table);

	add_list(h, "relayhost", instance_get(h->instance, "relayhost"));
	add_transport(h, "default_transport",
	    instance_get(h->instance, "default_transport"));
	for (size_t i = 0; i < n; i++)
		if (table[i].kind == MAINCF_OTHER)
			add_table(h, table[i].text);
}

/* The name of a next hop, without what is around it. */
static void bare_name(const char *key, char name[static MAINCF_NAME_MAX + 1])
{
	key += *key == '[';
	snprintf(
	    name, MAINCF_NAME_MAX + 1, "%.*s", (int)strcspn(key, "]:"), key);
}

static void tell(struct setup *c, const struct hop *hop, const struct answer *a,
    const char *reply, size_t len)
{
	char fix[CHECK_FIX_MAX] = "", name[MAINCF_NAME_MAX + 1];

	switch (a->verdict) {
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		bare_name(hop->key, name);
		if (!cause_is_domains(a->why.cause))
			name[0] = '\0';
		if (name[0] != '\0')
			check_put(fix, sizeof fix,
			    "sed -i '1i local-zones = %s' %s", name,
			    CONFIG_PATH);
		check_tell(&c->report, CHECK_BAD, "next-hop",
		    name[0] != '\0' ? fix : NULL,
		    _("%s = %s is TEMP, and its mail is deferred: %s. If it "
		      "exists only here, local-zones has to name it"),
		    hop->from, hop->key, a->why.text);
		break;
	case VERDICT_NOTFOUND:
		check_tell(&c->report, CHECK_GOOD, "next-hop", NULL,
		    _("%s = %s publishes nothing: smtp_tls_security_level "
		      "holds"),
		    hop->from, hop->key);
		break;
	case VERDICT_DANE:
	case VERDICT_DANE_ONLY:
	case VERDICT_SECURE:
		check_tell(&c->report, CHECK_GOOD, "next-hop", NULL,
		    "%s = %s: %.*s", hop->from, hop->key,
		    (int)(len < 80 ? len : 80), reply);
		break;
	}
}

void check_relay(
    struct setup *c, const struct instance *p, const struct maincf_table *ours)
{
	static struct hops h;
	static struct answer a;
	static char reply[REPLY_MAX];
	const struct config_map *map =
	    config_map(&c->v->config, ours->map, strlen(ours->map));
	struct answer_env env = {
	    .config = &c->v->config, .args = c->v->options};

	h = (struct hops){.instance = p};
	collect(&h);
	if (map == NULL || h.n == 0)
		return;
	/* Without the cache: it is about how things are now. */
	env.store = store_open("", 1);
	env.refresh = refresh_open(&c->v->config, env.store,
	    &(const struct refresh_options){
		.max = HOPS_MAX, .args = c->v->options});
	for (size_t i = 0; i < h.n; i++) {
		size_t len = answer_key(
		    &env, map, h.hop[i].key, strlen(h.hop[i].key), &a, reply);

		tell(c, &h.hop[i], &a, reply, len);
	}
	refresh_close(env.refresh);
	store_close(env.store);
}
