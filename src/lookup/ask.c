/* ask: the talk with the asker: questions in, findings out (wire/question.h).
 * SPDX-License-Identifier: MIT */
#include "lookup/ask.h"

#include <sys/queue.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include "lookup/dane.h"
#include "lookup/idn.h"
#include "lookup/mtasts.h"
#include "lookup/notes.h"
#include "wire/netstring.h"
#include "wire/question.h"

#define IN_MAX (QUESTION_MAX + NETSTRING_OVERHEAD)

/* One question, until its `end` was sent. */
struct open_question {
	TAILQ_ENTRY(open_question) link;
	struct talk *talk;
	struct question q;
	struct notes notes;
	struct dane *dane;
	struct mtasts *mtasts;
	struct report *report; /* of a failed fetch, under way */
};

struct talk {
	const struct ask_config *config;
	struct event_base *base;
	struct dns *dns;
	struct https *https;
	struct reports *reports;
	struct event *readable, *writable, *idle, *linger;
	struct evbuffer *out;
	TAILQ_HEAD(, open_question) open;
	size_t n_open;
	bool ended; /* no more questions will come */
	int status;
	size_t in_len;
	char in[IN_MAX];
	char frame[NETSTRING_HEAD_ROOM + FINDING_MAX + 1];
};

static void or_exit(bool good)
{
	if (!good)
		exit(EX_TEMPFAIL);
}

static void leave(struct talk *t, int status)
{
	t->status = status;
	event_base_loopbreak(t->base);
}

/* Nothing in flight and nothing to be written? */
static bool is_quiet(const struct talk *t)
{
	return t->n_open == 0 && evbuffer_get_length(t->out) == 0;
}

static bool has_room(const struct talk *t)
{
	return t->n_open < ASK_OPEN_MAX &&
	       evbuffer_get_length(t->out) < ASK_OUT_HIGH;
}

static void take_questions(struct talk *t);

/* After each change: what is still waited for. */
static void settle(struct talk *t)
{
	const struct timeval idle = {.tv_sec = ASK_IDLE_SECONDS};
	const struct timeval linger = {
	    .tv_sec = ASK_LINGER_SECONDS + t->config->https.timeout,
	};

	take_questions(t);
	if (!t->ended && has_room(t))
		or_exit(event_add(t->readable, NULL) == 0);
	else
		event_del(t->readable);
	if (evbuffer_get_length(t->out) > 0)
		or_exit(event_add(t->writable, NULL) == 0);
	else
		event_del(t->writable);
	if (!is_quiet(t))
		evtimer_del(t->idle);
	else if (t->ended)
		leave(t, 0);
	else if (!evtimer_pending(t->idle, NULL))
		or_exit(evtimer_add(t->idle, &idle) == 0);
	if (t->ended && !evtimer_pending(t->linger, NULL))
		or_exit(evtimer_add(t->linger, &linger) == 0);
}

/* ---- findings ---- */

static void send_finding(struct talk *t, const struct finding *f)
{
	char *payload = t->frame + NETSTRING_HEAD_ROOM, *head;
	size_t len = question_format_finding(f, payload);

	head = netstring_format_head(t->frame, len);
	payload[len] = ',';
	or_exit(evbuffer_add(
		    t->out, head, (size_t)(payload + len + 1 - head)) == 0);
}

static void send_end(struct open_question *o)
{
	struct talk *t = o->talk;
	struct finding end = {.seq = o->q.seq, .kind = FINDING_END};

	send_finding(t, &end);
	TAILQ_REMOVE(&t->open, o, link);
	t->n_open--;
	free(o);
}

static void put_note(void *arg, const struct note *n)
{
	struct open_question *o = arg;
	struct finding f = {.seq = o->q.seq, .kind = FINDING_NOTE, .note = *n};

	send_finding(o->talk, &f); /* who causes notes settles as well */
}

static void note_servers(struct open_question *o)
{
	const struct dns_state *state = dns_state(o->talk->dns);
	const struct note n = {.kind = NOTE_SERVERS,
	    .servers = {.servers = state->servers,
		.validates = state->validates,
		.fell_back = state->fell_back,
		.why = state->why}};

	if (o->q.notes && state->known)
		notes_put(&o->notes, &n);
}

static void end_if_done(struct open_question *o)
{
	struct talk *t = o->talk;

	if (o->dane == NULL && o->mtasts == NULL && o->report == NULL) {
		note_servers(o);
		send_end(o);
	}
	settle(t);
}

static void dane_done(void *arg, const struct dane_finding *finding)
{
	struct open_question *o = arg;
	struct finding f = {.seq = o->q.seq, .kind = FINDING_DANE};

	o->dane = NULL;
	f.dane = *finding;
	send_finding(o->talk, &f);
	end_if_done(o);
}

static void report_done(void *arg)
{
	struct open_question *o = arg;

	o->report = NULL;
	end_if_done(o);
}

/* The finding is on its way already: who waits for the answer does not wait
 * for this, only `end` does, so that nobody ends this process before. */
static void report(struct open_question *o, const struct mtasts_found *found)
{
	const struct report_failure failure = {
	    .domain = o->q.name,
	    .id = found->finding->id,
	    .why = &found->finding->why,
	};

	if (o->q.report && found->finding->found == STS_FOUND_FETCH_FAILED)
		o->report =
		    report_start(o->talk->reports, &failure, report_done, o);
}

static void mtasts_found(void *arg, const struct mtasts_found *found)
{
	struct open_question *o = arg;
	struct finding f = {.seq = o->q.seq, .kind = FINDING_STS};

	f.sts = *found->finding;
	send_finding(o->talk, &f);
	if (found->is_last) {
		o->mtasts = NULL;
		report(o, found);
		end_if_done(o);
	} else {
		settle(o->talk);
	}
}

/* ---- questions ---- */

static void answer_name(struct open_question *o)
{
	struct finding f = {.seq = o->q.seq, .kind = FINDING_NAME};

	if (!idn_to_alabel(o->q.name, f.name))
		f.name[0] = '\0';
	send_finding(o->talk, &f);
}

/* It is in no DNS: nothing to be looked up. */
static void refuse_name(struct open_question *o)
{
	struct finding f = {.seq = o->q.seq, .kind = FINDING_DANE};

	if (o->q.dane) {
		f.dane.mx = MX_NONE;
		reason_set(&f.dane.why, "no host name");
		send_finding(o->talk, &f);
	}
	if (o->q.sts) {
		f.kind = FINDING_STS;
		f.sts.found = STS_FOUND_ABSENT;
		send_finding(o->talk, &f);
	}
}

static void start_halves(struct open_question *o)
{
	const struct notes *notes = o->q.notes ? &o->notes : NULL;
	struct talk *t = o->talk;
	const struct dane_question dane = {
	    .name = o->q.name,
	    .port = o->q.port,
	    .is_host = o->q.kind == QUESTION_HOST,
	};
	const struct mtasts_question mtasts = {
	    .name = o->q.name,
	    .id = o->q.id,
	    .fetch = o->q.fetch,
	};

	if (o->q.dane)
		o->dane = dane_start(t->dns, &dane, notes, dane_done, o);
	if (o->q.sts)
		o->mtasts = mtasts_start(
		    t->dns, t->https, &mtasts, notes, mtasts_found, o);
}

/* false: it is no question that can be answered. */
static bool take_question(struct talk *t, const char *payload, size_t len)
{
	struct open_question *o = calloc(1, sizeof *o), *other;

	or_exit(o != NULL);
	if (!question_parse(&o->q, payload, len)) {
		free(o);
		return false;
	}
	other = TAILQ_FIRST(&t->open);
	while (other != NULL && other->q.seq != o->q.seq)
		other = TAILQ_NEXT(other, link);
	if (other != NULL) {
		free(o);
		return false;
	}
	o->talk = t;
	o->notes.put = put_note;
	o->notes.arg = o;
	TAILQ_INSERT_TAIL(&t->open, o, link);
	t->n_open++;
	evtimer_del(t->idle);
	if (o->q.kind == QUESTION_NAME)
		answer_name(o);
	else if (!domain_is_hostname(o->q.name, strlen(o->q.name)))
		refuse_name(o);
	else
		start_halves(o);
	if (o->dane == NULL && o->mtasts == NULL)
		send_end(o);
	return true;
}

/* Take what is in the buffer, as far as there is room for it. */
static void take_questions(struct talk *t)
{
	const char *payload;
	size_t len, used, at = 0;

	while (has_room(t)) {
		enum netstring n = netstring_parse(t->in + at, t->in_len - at,
		    QUESTION_MAX, &payload, &len, &used);

		if (n == NETSTRING_PARTIAL)
			break;
		if (n == NETSTRING_BROKEN || !take_question(t, payload, len)) {
			t->config->log("what came is no question");
			leave(t, EX_DATAERR);
			return;
		}
		at += used;
	}
	memmove(t->in, t->in + at, t->in_len - at);
	t->in_len -= at;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;
	ssize_t n;

	(void)what;
	n = read(fd, t->in + t->in_len, sizeof t->in - t->in_len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		t->ended = true;
	else
		t->in_len += (size_t)n;
	settle(t);
}

/* A pipe that is ready takes PIPE_BUF bytes without waiting; so the descriptor
 * need not be made non-blocking, which others who have it would notice. */
static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;
	size_t len = evbuffer_get_contiguous_space(t->out);
	ssize_t n;

	(void)what;
	if (len > PIPE_BUF)
		len = PIPE_BUF;
	n = write(fd, evbuffer_pullup(t->out, (ev_ssize_t)len), len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		leave(t, 0); /* nobody reads it */
		return;
	}
	evbuffer_drain(t->out, (size_t)n);
	settle(t);
}

static void on_idle(evutil_socket_t fd, short what, void *arg)
{
	struct talk *t = arg;
	struct pollfd p = {.fd = t->config->in, .events = POLLIN};

	(void)fd;
	(void)what;
	/* Leaving just when a question came would cost it a new process. */
	if (poll(&p, 1, 0) > 0)
		on_readable(t->config->in, EV_READ, t);
	else
		leave(t, 0);
}

static void on_linger(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	leave(arg, 0);
}

static bool open_talk(struct talk *t, const struct ask_config *config)
{
	t->config = config;
	TAILQ_INIT(&t->open);
	t->base = event_base_new();
	t->out = evbuffer_new();
	or_exit(t->base != NULL && t->out != NULL);
	t->dns = dns_open(t->base, &config->dns);
	t->https = https_open(t->base, t->dns, &config->https);
	t->reports = report_open(t->dns, &config->report);
	t->readable = event_new(
	    t->base, config->in, EV_READ | EV_PERSIST, on_readable, t);
	t->writable = event_new(
	    t->base, config->out, EV_WRITE | EV_PERSIST, on_writable, t);
	t->idle = evtimer_new(t->base, on_idle, t);
	t->linger = evtimer_new(t->base, on_linger, t);
	or_exit(t->readable != NULL && t->writable != NULL && t->idle != NULL &&
		t->linger != NULL);
	/* epoll refuses regular files. */
	return event_add(t->readable, NULL) == 0 &&
	       event_add(t->writable, NULL) == 0;
}

static void close_talk(struct talk *t)
{
	struct open_question *o;

	while ((o = TAILQ_FIRST(&t->open)) != NULL) {
		TAILQ_REMOVE(&t->open, o, link);
		dane_cancel(o->dane);
		mtasts_cancel(o->mtasts);
		report_cancel(o->report);
		free(o);
	}
	report_close(t->reports);
	https_close(t->https);
	dns_close(t->dns);
	event_free(t->readable);
	event_free(t->writable);
	event_free(t->idle);
	event_free(t->linger);
	evbuffer_free(t->out);
	event_base_free(t->base);
}

int ask_serve(const struct ask_config *config)
{
	static struct talk t;

	if (open_talk(&t, config)) {
		settle(&t);
		event_base_dispatch(t.base);
	} else {
		config->log("standard input and output must be pipes or "
			    "sockets");
		t.status = EX_OSERR;
	}
	close_talk(&t);
	return t.status;
}
