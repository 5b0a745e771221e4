/* session: one connection, from its first byte to its end.
 * SPDX-License-Identifier: MIT */
#include "serve/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "wire/netstring.h"

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

static bool send_reply(struct session *s, const char *payload, size_t len)
{
	char *text = s->reply + NETSTRING_HEAD_ROOM, *start;
	size_t reply_len = answer_request(s->env, payload, len, text);

	start = netstring_format_head(s->reply, reply_len);
	text[reply_len] = ',';
	return write_all(s, start, (size_t)(text + reply_len + 1 - start));
}

/* Answer every request that is whole.  false: *end says how it ends. */
static bool serve_whole(struct session *s, enum session_end *end)
{
	size_t at = 0;

	for (;;) {
		const char *payload;
		size_t len, used;

		switch (netstring_parse(s->request + at, s->got - at,
		    REQUEST_MAX, &payload, &len, &used)) {
		case NETSTRING_WHOLE:
			if (!send_reply(s, payload, len)) {
				*end = SESSION_LOST;
				return false;
			}
			at += used;
			break;
		case NETSTRING_PARTIAL:
			s->got -= at;
			memmove(s->request, s->request + at, s->got);
			return true;
		case NETSTRING_BROKEN:
			*end = SESSION_BROKEN;
			return false;
		}
	}
}

/* Wait until the client sends something, folding in what the lookups that are
 * still in flight find out.  Without any, read() right away would do; but the
 * time limit needs poll(). */
static bool wait_for_client(struct session *s, enum session_end *end)
{
	int64_t deadline =
	    clock_ms() + (int64_t)s->env->config->idle_timeout * 1000;
	struct pollfd p[1 + REFRESH_FDS];

	for (;;) {
		int ready;

		p[0] = (struct pollfd){.fd = s->in, .events = POLLIN};
		refresh_poll(s->env->refresh, p + 1);
		ready = poll(p, 1 + REFRESH_FDS, clock_left(deadline));
		if (ready < 0 && errno != EINTR) {
			*end = SESSION_LOST;
			return false;
		}
		if (ready > 0 && p[0].revents != 0)
			return true;
		refresh_handle(s->env->refresh);
		if (clock_left(deadline) == 0) {
			*end = SESSION_IDLE;
			return false;
		}
	}
}

static bool read_more(struct session *s, enum session_end *end)
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
	*end = n < 0	    ? SESSION_LOST
	       : s->got > 0 ? SESSION_BROKEN
			    : SESSION_CLOSED;
	return false;
}

/* Whoever asks next gets it from the cache. */
static void finish_lookups(struct answer_env *env)
{
	while (refresh_in_flight(env->refresh) > 0) {
		struct pollfd p[REFRESH_FDS];

		refresh_poll(env->refresh, p);
		poll(p, REFRESH_FDS, 1000);
		refresh_handle(env->refresh);
	}
}

enum session_end session_run(int in, int out, struct answer_env *env)
{
	/* One connection a process: static, so that a thousand idle ones cost
	 * no more than the pages that they touched. */
	static struct session s;
	enum session_end end = SESSION_CLOSED;

	s.in = in;
	s.out = out;
	s.env = env;
	s.got = 0;
	while (read_more(&s, &end) && serve_whole(&s, &end))
		continue;
	finish_lookups(env);
	return end;
}
