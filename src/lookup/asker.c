/* asker: one connection of somebody who asks: questions in, findings out.
 * SPDX-License-Identifier: MIT */
#include "lookup/asker.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "wire/netstring.h"

#define IN_MAX (QUESTION_MAX + NETSTRING_OVERHEAD)

struct asker {
	TAILQ_ENTRY(asker) link;
	struct asks *asks;
	const struct asker_events *events;
	int in, out;
	size_t write_max; /* bytes that can be written at once */
	struct event *readable, *writable, *settle;
	struct evbuffer *buffer;
	bool ended, broken, lost;
	size_t in_len;
	char input[IN_MAX];
};

/* ---- findings ---- */

static void send_finding(void *arg, const struct finding *f)
{
	static char frame[NETSTRING_HEAD_ROOM + FINDING_MAX + 1];
	char *payload = frame + NETSTRING_HEAD_ROOM, *head;
	struct asker *a = arg;
	size_t len = question_format_finding(f, payload);

	head = netstring_format_head(frame, len);
	payload[len] = ',';
	xneed(evbuffer_add(
		  a->buffer, head, (size_t)(payload + len + 1 - head)) == 0);
	if (evbuffer_get_length(a->buffer) > ASKER_OUT_MAX)
		a->lost = true;
	event_active(a->settle, EV_TIMEOUT, 1);
}

static void changed(void *arg)
{
	struct asker *a = arg;

	a->events->changed(a->events->arg);
}

/* ---- the connection ---- */

static bool has_room(const struct asker *a)
{
	const struct asks_load *load = asks_load(a->asks);

	return load->queued + load->queued_background < ASKER_QUEUE_MAX &&
	       evbuffer_get_length(a->buffer) < ASKER_OUT_HIGH;
}

/* Take what is in the buffer, as far as there is room for it. */
static void take_questions(struct asker *a)
{
	const char *payload;
	size_t len, used, at = 0;

	while (!a->broken && has_room(a)) {
		enum netstring n = netstring_parse(a->input + at,
		    a->in_len - at, QUESTION_MAX, &payload, &len, &used);

		if (n == NETSTRING_PARTIAL)
			break;
		if (n == NETSTRING_BROKEN || !asks_take(a->asks, payload, len))
			a->broken = true;
		else
			at += used;
	}
	memmove(a->input, a->input + at, a->in_len - at);
	a->in_len -= at;
}

/* After each change: what is still waited for. */
static void settle(struct asker *a)
{
	take_questions(a);
	if (!a->ended && has_room(a))
		xneed(event_add(a->readable, NULL) == 0);
	else
		event_del(a->readable);
	if (evbuffer_get_length(a->buffer) > 0)
		xneed(event_add(a->writable, NULL) == 0);
	else
		event_del(a->writable);
	if (a->broken || a->lost)
		a->events->gone(a->events->arg, a, a->broken);
	else
		a->events->changed(a->events->arg);
}

static void on_settle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	settle(arg);
}

static void read_some(struct asker *a)
{
	ssize_t n =
	    read(a->in, a->input + a->in_len, sizeof a->input - a->in_len);

	if (n > 0)
		a->in_len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		a->ended = true;
	/* Whoever asks by a socket does not close half of it. */
	a->lost |= a->ended && a->in == a->out;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_some(arg);
	settle(arg);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct asker *a = arg;
	size_t len = evbuffer_get_length(a->buffer);
	ssize_t n;

	(void)what;
	if (len > a->write_max)
		len = a->write_max;
	n = write(fd, evbuffer_pullup(a->buffer, (ev_ssize_t)len), len);
	if (n >= 0)
		evbuffer_drain(a->buffer, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		a->lost = true; /* nobody reads it */
	settle(a);
}

/* A pipe that is ready takes PIPE_BUF bytes without waiting; so it need not be
 * made non-blocking, which others who have it would notice. */
static size_t write_max_of(int fd)
{
	socklen_t len = sizeof(int);
	int type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0
		   ? ASKER_OUT_HIGH
		   : PIPE_BUF;
}

struct asker *asker_open(struct event_base *base, struct jobs *jobs, int in,
    int out, const struct asker_events *events)
{
	struct asker *a = xcalloc(1, sizeof *a);

	a->asks = asks_open(jobs, send_finding, changed, a);
	a->events = events;
	a->in = in;
	a->out = out;
	a->write_max = write_max_of(out);
	a->buffer = evbuffer_new();
	a->readable = event_new(base, in, EV_READ | EV_PERSIST, on_readable, a);
	a->writable =
	    event_new(base, out, EV_WRITE | EV_PERSIST, on_writable, a);
	a->settle = evtimer_new(base, on_settle, a);
	xneed(a->buffer != NULL && a->readable != NULL && a->writable != NULL &&
	      a->settle != NULL);
	/* epoll refuses regular files. */
	if (event_add(a->readable, NULL) == 0 &&
	    event_add(a->writable, NULL) == 0)
		return a;
	asker_close(a);
	return NULL;
}

void asker_close(struct asker *a)
{
	if (a == NULL)
		return;
	asks_close(a->asks);
	event_free(a->readable);
	event_free(a->writable);
	event_free(a->settle);
	evbuffer_free(a->buffer);
	close(a->in);
	if (a->out != a->in)
		close(a->out);
	free(a);
}

struct asks *asker_asks(const struct asker *a)
{
	return a->asks;
}

bool asker_is_quiet(const struct asker *a)
{
	const struct asks_load *load = asks_load(a->asks);

	return load->open == 0 && load->queued == 0 &&
	       load->queued_background == 0 &&
	       evbuffer_get_length(a->buffer) == 0;
}

bool asker_has_ended(const struct asker *a)
{
	return a->ended;
}

bool asker_look(struct asker *a)
{
	struct pollfd p = {.fd = a->in, .events = POLLIN};

	if (a->ended || poll(&p, 1, 0) <= 0)
		return false;
	read_some(a);
	event_active(a->settle, EV_TIMEOUT, 1);
	return !a->ended;
}

void asker_enlist(struct asker *a, struct asker_list *list)
{
	TAILQ_INSERT_TAIL(list, a, link);
}

struct asker *asker_next(const struct asker *a)
{
	return TAILQ_NEXT(a, link);
}

void asker_yield(struct asker *a, struct asker_list *list)
{
	TAILQ_REMOVE(list, a, link);
	TAILQ_INSERT_TAIL(list, a, link);
}

void asker_delist(struct asker *a, struct asker_list *list)
{
	TAILQ_REMOVE(list, a, link);
}
