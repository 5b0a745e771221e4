/* session: one connection, from its first byte to its end.
 * SPDX-License-Identifier: MIT */
#include "serve/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "serve/stats.h"
#include "wire/netstring.h"
#include "wire/request.h"

/* A client that does not read its replies is waited for this long; Postfix
 * gives each read and write 100 s. */
#define SESSION_WRITE_MS 100000
#define SESSION_IN (REQUEST_MAX + NETSTRING_OVERHEAD)
#define SESSION_OUT (NETSTRING_HEAD_ROOM + REPLY_MAX + 1)

struct session {
	int in, out;
	struct answer_env *env;
	size_t got;
	char request[SESSION_IN];
	char reply[SESSION_OUT];
};

/* Write all, waiting where the descriptor is non-blocking. */
static bool write_all(const struct session *s, const char *p, size_t len)
{
	int64_t deadline = clock_ms() + SESSION_WRITE_MS;

	while (len > 0) {
		ssize_t n = write(s->out, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EAGAIN) {
			struct pollfd f = {.fd = s->out, .events = POLLOUT};

			if (poll(&f, 1, clock_left(deadline)) == 0)
				return false;
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
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
	if (!request_parse(&r, payload, len)) {
		stats_bad(COUNTERS_BAD_REQUEST);
		return reply_format_perm(
		    "not a request: MAP KEY is expected", buf);
	}
	if (request_is_for(&r, REQUEST_SELF_MAP)) {
		memcpy(buf, REQUEST_SELF_REPLY, strlen(REQUEST_SELF_REPLY));
		return strlen(REQUEST_SELF_REPLY);
	}
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

	start = netstring_format_head(s->reply, reply_len);
	text[reply_len] = ',';
	sent = write_all(s, start, (size_t)(text + reply_len + 1 - start));
	refresh_later(s->env->refresh, a.key);
	answer_note_use(s->env, &a);
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
			return true;
		case NETSTRING_BROKEN:
			*end = STATS_BROKEN;
			return false;
		}
	}
}

/* Wait until the client sends something, folding in what the lookups that are
 * still in flight find out.  Without any, read() right away would do; but the
 * time limit needs poll(). */
static bool wait_for_client(struct session *s, enum stats_end *end)
{
	int64_t deadline =
	    clock_ms() + (int64_t)s->env->config->idle_timeout * 1000;
	struct pollfd p[2];

	for (;;) {
		int ready;

		p[0] = (struct pollfd){.fd = s->in, .events = POLLIN};
		p[1] = refresh_poll(s->env->refresh);
		ready = poll(p, 2, clock_left(deadline));
		if (ready < 0 && errno != EINTR) {
			*end = STATS_LOST;
			return false;
		}
		if (ready > 0 && p[0].revents != 0)
			return true;
		refresh_handle(s->env->refresh);
		if (clock_left(deadline) == 0) {
			*end = STATS_IDLE;
			return false;
		}
	}
}

static bool read_more(struct session *s, enum stats_end *end)
{
	ssize_t n;

	if (!wait_for_client(s, end))
		return false;
	n = read(s->in, s->request + s->got, SESSION_IN - s->got);
	if (n > 0) {
		s->got += (size_t)n;
		return true;
	}
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	*end = n < 0 ? STATS_LOST : s->got > 0 ? STATS_BROKEN : STATS_CLOSED;
	return false;
}

enum stats_end session_run(int in, int out, struct answer_env *env)
{
	/* One connection a process: static, so that a thousand idle ones cost
	 * no more than the pages that they touched. */
	static struct session s;
	enum stats_end end = STATS_CLOSED;

	s.in = in;
	s.out = out;
	s.env = env;
	s.got = 0;
	while (read_more(&s, &end) && serve_whole(&s, &end))
		continue;
	refresh_wait(env->refresh); /* whoever asks next gets it at once */
	return end;
}
