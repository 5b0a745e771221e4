/* client: a serving process that asks for what is shared (wire/share.h).
 * SPDX-License-Identifier: MIT */
#include "share/client.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "wire/netstring.h"

#define IN_MAX (SHARE_FRAME_MAX + NETSTRING_OVERHEAD)
/* A lease that is about to run out may be somebody else's by the time that we
 * say it is free. */
#define HELD_MS (RECORDS_LEASE_MS - 1000)

/* A question that is open, or a lease that is held. */
struct ask {
	LIST_ENTRY(ask) link;
	struct client *client; /* NULL: it is over, but an answer is due */
	struct records *rs;
	uint32_t seq;
	uint32_t since;
	enum share_kind kind;
	unsigned due; /* answers of the server that are to come */
	bool taken, told;
	int64_t until_ms; /* of a lease: when to stop waiting, then holding */
	struct event *look;
	char key[DOMAIN_KEY_MAX + 1];
};

LIST_HEAD(ask_list, ask);

struct client {
	struct event_base *base;
	struct records *rs;
	const struct client_events *events;
	struct bufferevent *stream;
	struct ask_list asks;
	size_t n_asks;
};

/* ---- frames out ---- */

static void say(struct client *c, const struct share_frame *f)
{
	static char frame[NETSTRING_HEAD_ROOM + SHARE_FRAME_MAX + 1];
	char *payload = frame + NETSTRING_HEAD_ROOM, *head;
	size_t len = share_format(f, payload);

	head = netstring_format_head(frame, len);
	payload[len] = ',';
	xneed(bufferevent_write(
		  c->stream, head, (size_t)(payload + len + 1 - head)) == 0);
}

static void say_word(
    const struct ask *a, enum share_kind kind, enum share_why why)
{
	if (a->client != NULL)
		say(a->client, &(const struct share_frame){
				   .kind = kind, .seq = a->seq, .why = why});
}

static void say_record(
    const struct ask *a, enum share_kind kind, const struct record *r)
{
	static uint8_t bytes[RECORD_MAX];

	if (a->client == NULL)
		return;
	say(a->client, &(const struct share_frame){.kind = kind,
			   .seq = a->seq,
			   .record = bytes,
			   .record_len = record_format(r, a->key, bytes)});
}

/* ---- questions ---- */

static struct ask *ask_new(struct client *c, const struct share_frame *f)
{
	struct ask *a = xcalloc(1, sizeof *a);

	a->client = c;
	a->rs = c->rs;
	a->seq = f->seq;
	a->since = f->since;
	a->kind = f->kind;
	strcpy(a->key, f->key);
	LIST_INSERT_HEAD(&c->asks, a, link);
	c->n_asks++;
	c->rs->asks++;
	return a;
}

/* It is over; what is still due finds nobody. */
static void ask_end(struct ask *a)
{
	if (a->client != NULL) {
		LIST_REMOVE(a, link);
		a->client->n_asks--;
		a->rs->asks--;
	}
	a->client = NULL;
	if (a->look != NULL)
		event_free(a->look);
	a->look = NULL;
	if (a->due == 0)
		free(a);
}

/* An answer that was due is in.  false: a is gone. */
static bool ask_wanted(struct ask *a)
{
	a->due--;
	if (a->client != NULL)
		return true;
	ask_end(a);
	return false;
}

static void on_got(void *arg, enum share_why why, const struct record *r)
{
	struct ask *a = arg;

	if (!ask_wanted(a))
		return;
	if (why == SHARE_OK)
		say_record(a, SHARE_FOUND, r);
	else
		say_word(a, SHARE_NONE, why);
	ask_end(a);
}

static void on_dropped(void *arg, enum share_why why)
{
	struct ask *a = arg;

	if (!ask_wanted(a))
		return;
	say_word(a, SHARE_DROPPED, why);
	ask_end(a);
}

static void on_stated(
    void *arg, enum share_why why, uint32_t usec, const char *text)
{
	struct ask *a = arg;
	const struct records_count *n = &a->rs->count;
	struct share_frame f = {
	    .kind = SHARE_STATED, .seq = a->seq, .why = why, .usec = usec};

	if (!ask_wanted(a))
		return;
	if (why != SHARE_OK)
		snprintf(f.text, sizeof f.text, "%s", text);
	else
		snprintf(f.text, sizeof f.text,
		    "asked=%llu found=%llu refused=%llu put=%llu leases=%llu",
		    (unsigned long long)n->asked, (unsigned long long)n->found,
		    (unsigned long long)n->refused, (unsigned long long)n->put,
		    (unsigned long long)n->leases);
	say(a->client, &f);
	ask_end(a);
}

/* ---- leases ---- */

static void look_again(evutil_socket_t fd, short what, void *arg);

static void let_go(struct ask *a)
{
	if (a->taken && clock_ms() < a->until_ms)
		records_release(a->rs, a->key);
	a->taken = false;
}

/* May fetch now; with a lease, this question stays open until it is put. */
static void say_mine(struct ask *a)
{
	say_word(a, SHARE_MINE, SHARE_OK);
	a->until_ms = clock_ms() + HELD_MS;
	if (!a->taken)
		ask_end(a);
}

static void wait_on(struct ask *a)
{
	const struct timeval soon = {.tv_usec = CLIENT_LOOK_MS * 1000};

	if (!a->told)
		say_word(a, SHARE_BUSY, SHARE_OK);
	a->told = true;
	if (a->look == NULL)
		a->look = evtimer_new(a->client->base, look_again, a);
	xneed(a->look != NULL && evtimer_add(a->look, &soon) == 0);
}

static void on_taken(void *arg, enum share_why why)
{
	struct ask *a = arg;

	/* Nobody waits any more: it is free again. */
	if (a->client == NULL && why == SHARE_OK)
		records_release(a->rs, a->key);
	if (!ask_wanted(a))
		return;
	a->taken = why == SHARE_OK;
	if (why == SHARE_DOWN)
		a->until_ms = 0; /* then everybody fetches */
}

/* Asked after the lease was: what its holder before put is seen. */
static void on_looked(void *arg, enum share_why why, const struct record *r)
{
	struct ask *a = arg;

	if (!ask_wanted(a))
		return;
	if (why == SHARE_OK && r->sts.fetched > (int64_t)a->since) {
		say_record(a, SHARE_FETCHED, r);
		a->until_ms = clock_ms() + HELD_MS;
		let_go(a);
		ask_end(a);
	} else if (a->taken || why == SHARE_DOWN || clock_ms() >= a->until_ms) {
		say_mine(a);
	} else {
		wait_on(a);
	}
}

static void look(struct ask *a)
{
	a->due += 2;
	records_take(a->rs, a->key, on_taken, a);
	records_get(a->rs, a->key, true, on_looked, a);
}

static void look_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

static struct ask *find_lease(struct client *c, uint32_t seq)
{
	struct ask *a;

	LIST_FOREACH(a, &c->asks, link)
	if (a->seq == seq && a->kind == SHARE_LEASE)
		return a;
	return NULL;
}

static void leave(struct client *c, uint32_t seq)
{
	struct ask *a = find_lease(c, seq);

	if (a == NULL)
		return;
	let_go(a);
	ask_end(a);
}

static void put(struct client *c, const struct share_frame *f)
{
	struct ask *a = find_lease(c, f->seq);
	bool held = a != NULL && a->taken && strcmp(a->key, f->key) == 0 &&
		    clock_ms() < a->until_ms;

	records_put(c->rs, f->key, f->record, f->record_len, held);
	if (!held)
		return;
	a->taken = false;
	ask_end(a);
}

/* ---- frames in ---- */

/* false: it may not say this. */
static bool take(struct client *c, const struct share_frame *f)
{
	struct ask *a;

	switch (f->kind) {
	case SHARE_GET:
		a = ask_new(c, f);
		a->due = 1;
		records_get(c->rs, f->key, false, on_got, a);
		break;
	case SHARE_LEASE:
		if (find_lease(c, f->seq) != NULL)
			return false;
		a = ask_new(c, f);
		a->until_ms = clock_ms() + SHARE_WAIT_MS;
		look(a);
		break;
	case SHARE_PUT:
		put(c, f);
		break;
	case SHARE_LEAVE:
		leave(c, f->seq);
		break;
	case SHARE_DROP:
		a = ask_new(c, f);
		a->due = 1;
		records_drop(c->rs, f->key, on_dropped, a);
		break;
	case SHARE_STATE:
		a = ask_new(c, f);
		a->due = 1;
		records_state(c->rs, on_stated, a);
		break;
	case SHARE_FOUND:
	case SHARE_NONE:
	case SHARE_MINE:
	case SHARE_BUSY:
	case SHARE_FETCHED:
	case SHARE_DROPPED:
	case SHARE_STATED:
	case SHARE_KINDS:
		return false;
	}
	return c->n_asks <= CLIENT_ASKS_MAX &&
	       evbuffer_get_length(bufferevent_get_output(c->stream)) <=
		   CLIENT_OUT_MAX;
}

static void end(struct client *c, bool broken)
{
	const struct client_events *events = c->events;

	client_close(c);
	events->gone(events->arg, broken);
}

/* One frame from the front of the buffer.  false: there is none; *broken. */
static bool take_one(struct client *c, struct evbuffer *in, bool *broken)
{
	size_t have = evbuffer_get_length(in), len, used;
	const char *payload, *bytes;
	struct share_frame f;

	if (have > IN_MAX)
		have = IN_MAX;
	if (have == 0)
		return false;
	bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)have);
	xneed(bytes != NULL);
	switch (netstring_parse(
	    bytes, have, SHARE_FRAME_MAX, &payload, &len, &used)) {
	case NETSTRING_WHOLE:
		break;
	case NETSTRING_PARTIAL:
		return false;
	case NETSTRING_BROKEN:
		*broken = true;
		return false;
	}
	*broken = !share_parse(&f, payload, len) || !take(c, &f);
	xneed(evbuffer_drain(in, used) == 0);
	return !*broken;
}

static void on_readable(struct bufferevent *stream, void *arg)
{
	struct client *c = arg;
	bool broken = false;

	while (take_one(c, bufferevent_get_input(stream), &broken))
		c->events->asked(c->events->arg);
	if (broken)
		end(c, true);
}

static void on_event(struct bufferevent *stream, short what, void *arg)
{
	(void)stream;
	if ((what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) != 0)
		end(arg, false);
}

struct client *client_open(struct event_base *base, struct records *rs, int fd,
    const struct client_events *events)
{
	struct client *c = xcalloc(1, sizeof *c);

	c->base = base;
	c->rs = rs;
	c->events = events;
	LIST_INIT(&c->asks);
	c->stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	xneed(c->stream != NULL);
	bufferevent_setcb(c->stream, on_readable, NULL, on_event, c);
	bufferevent_setwatermark(c->stream, EV_READ, 0, IN_MAX);
	xneed(bufferevent_enable(c->stream, EV_READ | EV_WRITE) == 0);
	return c;
}

void client_close(struct client *c)
{
	struct ask *a;

	while ((a = LIST_FIRST(&c->asks)) != NULL) {
		let_go(a);
		ask_end(a);
	}
	bufferevent_free(c->stream);
	free(c);
}
