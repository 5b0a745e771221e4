/* redis: a connection to a server of Redis or Valkey, which comes and goes.
 * SPDX-License-Identifier: MIT */
#include "share/redis.h"

#include <hiredis/hiredis.h>
#include <hiredis/async.h>
#include <hiredis/adapters/libevent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "share/redistls.h"

#define TICK_MS 50

struct redis {
	const struct redis_config *config;
	struct event_base *base;
	redisAsyncContext *context; /* NULL: down */
	struct event *tick;
	bool finding; /* the context is a sentinel's */
	bool up;      /* it has answered */
	bool told;    /* that it is down */
	size_t next_sentinel;
	size_t pending;	  /* commands without an answer */
	int64_t heard_ms; /* of the last answer, or when the first of them was
			   * sent */
	int64_t retry_ms; /* not before */
	int64_t pause_ms;
	struct reason trouble;
};

/* One command on its way. */
struct command {
	struct redis *redis;
	redis_done *done;
	void *arg;
};

/* ---- going down ---- */

static void note_down(struct redis *r, const char *what, const char *text)
{
	int64_t now = clock_ms();

	reason_fail(&r->trouble, CAUSE_UNKNOWN, "%s: %s", what, text);
	r->pause_ms *= 2;
	if (r->pause_ms < REDIS_RETRY_MIN_MS)
		r->pause_ms = REDIS_RETRY_MIN_MS;
	if (r->pause_ms > REDIS_RETRY_MAX_MS)
		r->pause_ms = REDIS_RETRY_MAX_MS;
	r->retry_ms = now + r->pause_ms;
	r->up = r->finding = false;
	if (!r->told)
		r->config->changed(r->config->arg, &r->trouble);
	r->told = true;
}

/* hiredis tells each open command, and frees the context when it is out of its
 * callbacks. */
static void hang_up(struct redis *r)
{
	redisAsyncContext *context = r->context;

	r->context = NULL;
	r->pending = 0;
	if (context != NULL) {
		context->data = NULL;
		redisAsyncFree(context);
	}
}

static void fail(struct redis *r, const char *what, const char *text)
{
	note_down(r, what, text);
	hang_up(r);
}

/* The text of hiredis is that of an errno which is not of TLS. */
static const char *why_ended(
    const struct redis *r, const redisAsyncContext *context, int status)
{
	const char *tls =
	    r->config->tls != NULL ? redistls_trouble(r->config->tls) : "";

	if (tls[0] != '\0')
		return tls;
	return status == REDIS_OK ? "closed" : context->errstr;
}

static void on_disconnect(const redisAsyncContext *context, int status)
{
	struct redis *r = context->data;

	if (r == NULL || r->context != context)
		return;
	r->context = NULL;
	r->pending = 0;
	note_down(r, "the connection ended", why_ended(r, context, status));
}

static void on_connect(const redisAsyncContext *context, int status)
{
	struct redis *r = context->data;

	if (r == NULL || r->context != context || status == REDIS_OK)
		return;
	r->context = NULL;
	r->pending = 0;
	note_down(r, "cannot connect", context->errstr);
}

static void watch(struct redis *r)
{
	const struct timeval tick = {.tv_usec = TICK_MS * 1000};

	if (r->pending > 0 && !evtimer_pending(r->tick, NULL))
		xneed(evtimer_add(r->tick, &tick) == 0);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct redis *r = arg;

	(void)fd;
	(void)what;
	if (r->pending > 0 && clock_ms() - r->heard_ms >= REDIS_HANG_MS)
		fail(r, "no answer", "given up");
	watch(r);
}

/* ---- commands ---- */

static enum redis_answer answer_of(const redisReply *reply)
{
	if (reply == NULL)
		return REDIS_DOWN;
	switch (reply->type) {
	case REDIS_REPLY_STRING:
	case REDIS_REPLY_STATUS:
		return REDIS_TEXT;
	case REDIS_REPLY_INTEGER:
		return REDIS_NUMBER;
	case REDIS_REPLY_NIL:
		return REDIS_NIL;
	}
	return REDIS_ERROR;
}

/* The error of a server that has become a replica, is not ready, or does not
 * want us: another, or later. */
static bool is_of_no_use(const char *text, size_t len)
{
	static const char *const words[] = {
	    "READONLY ", "LOADING ", "MASTERDOWN ", "NOAUTH ", "NOPERM "};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (len > strlen(words[i]) &&
		    memcmp(text, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

/* An answer is in, or will never be. */
static void count(struct redis *r, const redisAsyncContext *context)
{
	if (r->context != context)
		return;
	r->pending--;
	r->heard_ms = clock_ms();
}

static void on_reply(redisAsyncContext *context, void *reply, void *arg)
{
	const redisReply *in = reply;
	struct command *c = arg;
	struct redis *r = c->redis;
	struct redis_reply out = {.answer = answer_of(in)};
	struct reason why;

	count(r, context);
	if (out.answer == REDIS_NUMBER)
		out.number = in->integer;
	else if (in != NULL && in->str != NULL) {
		out.text = in->str;
		out.len = (size_t)in->len;
	}
	c->done(c->arg, &out);
	if (out.answer == REDIS_ERROR && is_of_no_use(out.text, out.len) &&
	    r->context == context) {
		reason_set(&why, "%.*s", (int)out.len, out.text);
		fail(r, "it answers", why.text);
	}
	free(c);
}

static bool put(struct redis *r, const struct redis_arg *args, size_t n,
    redisCallbackFn *fn, void *arg)
{
	const char *argv[REDIS_ARGS_MAX];
	size_t lens[REDIS_ARGS_MAX];

	for (size_t i = 0; i < n; i++) {
		argv[i] = args[i].bytes;
		lens[i] = args[i].len;
	}
	if (redisAsyncCommandArgv(r->context, fn, arg, (int)n, argv, lens) !=
	    REDIS_OK)
		return false;
	if (r->pending++ == 0)
		r->heard_ms = clock_ms();
	watch(r);
	return true;
}

static bool put_words(struct redis *r, redisCallbackFn *fn, void *arg,
    const char *a, const char *b, const char *c)
{
	const char *const words[] = {a, b, c};
	struct redis_arg args[3];
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (words[i] != NULL)
			args[n++] =
			    (struct redis_arg){words[i], strlen(words[i])};
	return put(r, args, n, fn, arg);
}

bool redis_send(struct redis *r, const struct redis_arg *args, size_t n,
    redis_done *done, void *arg)
{
	struct command *c;

	redis_wake(r);
	if (r->context == NULL || r->finding)
		return false;
	c = xmalloc(sizeof *c);
	*c = (struct command){r, done, arg};
	if (put(r, args, n, on_reply, c))
		return true;
	free(c);
	return false;
}

/* ---- going up ---- */

static char auth[] = "AUTH", pick[] = "SELECT", probe[] = "it answers";

/* Of the greeting: arg names the command. */
static void on_greeting(redisAsyncContext *context, void *reply, void *arg)
{
	struct redis *r = context->data;
	const redisReply *in = reply;

	if (r == NULL)
		return; /* hung up, or closed */
	count(r, context);
	if (in == NULL || r->context != context)
		return;
	if (in->type == REDIS_REPLY_ERROR &&
	    (arg != probe || is_of_no_use(in->str, in->len))) {
		struct reason why;

		reason_set(&why, "%.*s", (int)in->len, in->str);
		fail(r, arg, why.text);
	} else if (arg == probe) {
		r->up = true;
		r->pause_ms = 0;
		reason_clear(&r->trouble);
		if (r->told)
			r->config->changed(r->config->arg, &r->trouble);
		r->told = false;
	}
}

static void greet(struct redis *r)
{
	const struct redis_config *c = r->config;
	struct redis_arg args[REDIS_ARGS_MAX];
	size_t n = 0;
	char db[12];
	bool good = true;

	snprintf(db, sizeof db, "%u", c->url.db);
	if (c->password[0] != '\0' && c->user[0] != '\0')
		good =
		    put_words(r, on_greeting, auth, auth, c->user, c->password);
	else if (c->password[0] != '\0')
		good = put_words(r, on_greeting, auth, auth, c->password, NULL);
	if (good && c->url.db != 0)
		good = put_words(r, on_greeting, pick, pick, db, NULL);
	for (; c->probe[n] != NULL; n++)
		args[n] = (struct redis_arg){c->probe[n], strlen(c->probe[n])};
	if (good)
		good = put(r, args, n, on_greeting, probe);
	if (!good)
		fail(r, "cannot connect", "out of memory");
}

/* Take a context that has begun to connect. */
static bool adopt(struct redis *r, redisAsyncContext *context)
{
	xneed(context != NULL);
	if (context->err != 0) {
		note_down(r, "cannot connect", context->errstr);
		redisAsyncFree(context);
		return false;
	}
	r->context = context;
	context->data = r;
	redisAsyncSetConnectCallback(context, on_connect);
	redisAsyncSetDisconnectCallback(context, on_disconnect);
	xneed(redisLibeventAttach(context, r->base) == REDIS_OK);
	return true;
}

static void connect_to(struct redis *r, const char *host, int port)
{
	const struct redis_config *c = r->config;
	struct reason why;

	if (!adopt(r, redisAsyncConnect(host, port)))
		return;
	if (c->tls == NULL || redistls_begin(c->tls, r->context, host, &why))
		greet(r);
	else
		fail(r, "TLS", why.text);
}

/* SENTINEL get-master-addr-by-name: an address and a port. */
static bool take_master(
    const redisReply *in, char host[static SHAREURL_HOST_MAX + 1], int *port)
{
	const redisReply *a, *b;
	unsigned long n;
	char *end;

	if (in == NULL || in->type != REDIS_REPLY_ARRAY || in->elements != 2)
		return false;
	a = in->element[0];
	b = in->element[1];
	if (a->type != REDIS_REPLY_STRING || b->type != REDIS_REPLY_STRING ||
	    a->len == 0 || a->len > SHAREURL_HOST_MAX ||
	    strlen(a->str) != (size_t)a->len)
		return false;
	n = strtoul(b->str, &end, 10);
	if (*end != '\0' || n == 0 || n > UINT16_MAX)
		return false;
	strcpy(host, a->str);
	*port = (int)n;
	return true;
}

static void on_master(redisAsyncContext *context, void *reply, void *arg)
{
	char host[SHAREURL_HOST_MAX + 1];
	struct redis *r = context->data;
	int port;

	(void)arg;
	if (r == NULL)
		return;
	count(r, context);
	if (reply == NULL || r->context != context)
		return;
	if (!take_master(reply, host, &port)) {
		fail(r, "a sentinel", "it does not know who is the master");
		return;
	}
	hang_up(r);
	r->finding = false;
	connect_to(r, host, port);
}

static void ask_sentinel(struct redis *r)
{
	static const char get[] = "get-master-addr-by-name";
	const struct shareurl *u = &r->config->url;
	const struct shareurl_host *h =
	    &u->hosts[r->next_sentinel++ % u->n_hosts];

	if (!adopt(r, redisAsyncConnect(h->name, h->port)))
		return;
	r->finding = true;
	if (!put_words(r, on_master, NULL, "SENTINEL", get, u->name))
		fail(r, "cannot connect", "out of memory");
}

void redis_wake(struct redis *r)
{
	const struct shareurl *u = &r->config->url;

	if (r->context != NULL || clock_ms() < r->retry_ms)
		return;
	switch (u->kind) {
	case SHAREURL_UNIX:
		if (adopt(r, redisAsyncConnectUnix(u->path)))
			greet(r);
		return;
	case SHAREURL_TCP:
	case SHAREURL_TLS:
		connect_to(r, u->hosts[0].name, u->hosts[0].port);
		return;
	case SHAREURL_SENTINEL:
		ask_sentinel(r);
		return;
	}
}

struct redis *redis_open(
    struct event_base *base, const struct redis_config *config)
{
	struct redis *r = xcalloc(1, sizeof *r);

	r->base = base;
	r->config = config;
	r->tick = evtimer_new(base, on_tick, r);
	xneed(r->tick != NULL);
	return r;
}

void redis_close(struct redis *r)
{
	if (r == NULL)
		return;
	hang_up(r);
	event_free(r->tick);
	free(r);
}

const struct reason *redis_trouble(const struct redis *r)
{
	return &r->trouble;
}

bool redis_is_busy(const struct redis *r)
{
	return r->pending > 0;
}
