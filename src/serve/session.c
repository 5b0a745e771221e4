/* session: one connection, from its first byte to its end.
 * SPDX-License-Identifier: MIT */
#include "serve/session.h"

#include <string.h>
#include "base/clock.h"
#include "cache/evict.h"
#include "serve/channel.h"
#include "serve/stats.h"
#include "wire/netstring.h"
#include "wire/request.h"

#define SESSION_IN (REQUEST_MAX + NETSTRING_OVERHEAD)
#define SESSION_OUT (NETSTRING_HEAD_ROOM + REPLY_MAX + 1)

struct session {
	struct channel channel;
	struct answer_env *env;
	size_t got;
	int64_t deadline_ms; /* of a request that has begun; 0: none has */
	bool counted;	     /* among the connections */
	bool checked;	     /* `mxpolicy check` has asked */
	char request[SESSION_IN];
	char reply[SESSION_OUT];
};

/* With the first request that is not one of `mxpolicy check`. */
static void count_connection(struct session *s)
{
	if (!s->counted)
		stats_connection();
	s->counted = true;
}

/* Answer a request's payload as it came from the wire.  a->key is "" for what
 * is not a request. */
static size_t answer_request(struct session *s, const char *payload, size_t len,
    struct answer *a, char buf[static REPLY_MAX])
{
	const struct config_map *map;
	struct request r;
	size_t reply_len;

	a->key[0] = '\0';
	a->lost = false;
	if (!request_parse(&r, payload, len)) {
		count_connection(s);
		stats_bad(COUNTERS_BAD_REQUEST);
		return reply_format_perm(
		    "not a request: MAP KEY is expected", buf);
	}
	if (request_is_for(&r, REQUEST_SELF_MAP)) {
		const char *text =
		    config_map(s->env->config, r.key, r.key_len) != NULL
			? REQUEST_SELF_REPLY
			: REQUEST_SELF_NO_MAP;

		s->checked = true;
		memcpy(buf, text, strlen(text));
		return strlen(text);
	}
	count_connection(s);
	map = config_map(s->env->config, r.map, r.map_len);
	if (map == NULL) {
		stats_bad(COUNTERS_BAD_MAP);
		return reply_format_perm(
		    "unknown map, see [map NAME] in mxpolicy.conf(5)", buf);
	}
	reply_len = answer_key(s->env, map, r.key, r.key_len, a, buf);
	stats_answer(s->env->config, map, a);
	return reply_len;
}

static bool send_reply(struct session *s, const char *payload, size_t len)
{
	static struct answer a;
	char *text = s->reply + NETSTRING_HEAD_ROOM, *start;
	size_t reply_len = answer_request(s, payload, len, &a, text);
	bool sent;

	/* Whoever connects anew finds a service, or a process that may start
	 * one: Postfix does so at once. */
	if (a.lost)
		return false;
	start = netstring_format_head(s->reply, reply_len);
	text[reply_len] = ',';
	sent = channel_write(
	    &s->channel, start, (size_t)(text + reply_len + 1 - start));
	refresh_later(s->env->refresh, a.key);
	answer_note_use(s->env, &a);
	if (!a.cached && store_is_writable(s->env->store))
		evict_now_and_then(s->env->store,
		    s->env->config->cache_max_entries,
		    s->env->config->prefetch_idle);
	/* Where it is never quiet somebody has to: once a second. */
	if (store_sync_is_overdue(s->env->store))
		store_sync(s->env->store);
	return sent;
}

/* Answer every request that is whole.  false: *end says how it ends. */
static bool serve_whole(struct session *s, enum stats_end *end)
{
	size_t at = 0;

	for (;;) {
		const char *payload;
		size_t len, used;

		switch (netstring_parse(s->request + at, s->got - at,
		    REQUEST_MAX, &payload, &len, &used)) {
		case NETSTRING_WHOLE:
			if (!send_reply(s, payload, len)) {
				*end = STATS_LOST;
				return false;
			}
			at += used;
			break;
		case NETSTRING_PARTIAL:
			s->got -= at;
			memmove(s->request, s->request + at, s->got);
			if (s->got == 0)
				s->deadline_ms = 0;
			else if (at > 0 || s->deadline_ms == 0)
				s->deadline_ms =
				    clock_ms() + CHANNEL_REQUEST_MS;
			return true;
		case NETSTRING_BROKEN:
			*end = STATS_BROKEN;
			return false;
		}
	}
}

static bool read_more(struct session *s, enum stats_end *end)
{
	size_t got;

	switch (channel_read(&s->channel, s->request + s->got,
	    SESSION_IN - s->got, &got, s->deadline_ms)) {
	case CHANNEL_DATA:
		s->got += got;
		return true;
	case CHANNEL_CLOSED:
		*end = s->got > 0 ? STATS_BROKEN : STATS_CLOSED;
		return false;
	case CHANNEL_LATE:
		*end = s->got > 0 ? STATS_BROKEN : STATS_IDLE;
		return false;
	case CHANNEL_LOST:
		*end = STATS_LOST;
		return false;
	}
	return false;
}

enum stats_end session_run(int in, int out, struct answer_env *env)
{
	/* One connection a process: static, so that a thousand idle ones cost
	 * no more than the pages that they touched. */
	static struct session s;
	enum stats_end end = STATS_CLOSED;

	channel_init(&s.channel, in, out, env->refresh, env->store,
	    env->config->idle_timeout);
	s.env = env;
	s.got = 0;
	s.deadline_ms = 0;
	s.counted = s.checked = false;
	while (read_more(&s, &end) && serve_whole(&s, &end))
		continue;
	if (end == STATS_CLOSED && s.checked && !s.counted)
		end = STATS_CHECK;
	else
		count_connection(&s);
	refresh_wait(env->refresh); /* whoever asks next gets it at once */
	store_sync(env->store);
	return end;
}
