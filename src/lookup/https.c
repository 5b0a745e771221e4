/* https: the fetch of a policy file (RFC 8461 3.3).
 * SPDX-License-Identifier: MIT */
#include "lookup/https.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "lookup/httpsaddr.h"
#include "lookup/httpsslow.h"
#include "lookup/httpsxfer.h"

#define HOST_PREFIX "mta-sts." /* RFC 8461 3.3 */
#define HTTPS_PORT "443"

struct https {
	struct event_base *base;
	struct dns *dns;
	const struct https_config *config;
	struct httpsxfers *xfers;
	struct httpsslow slow;
	TAILQ_HEAD(, https_fetch) fetches;
};

struct https_fetch {
	TAILQ_ENTRY(https_fetch) link;
	struct https *h;
	const struct notes *notes;
	const bool *is_background;
	void (*done)(void *arg, const struct https_result *r);
	void *arg;
	struct event *deadline, *patience;
	struct httpsaddr *lookup; /* while addresses are looked up */
	struct httpsaddr_list addresses;
	size_t next; /* address */
	struct httpsxfer *xfer;
	int64_t began;	 /* clock_ms() of xfer */
	bool is_waiting; /* for its turn at the address in `tried` */
	char tried[HTTPSADDR_TEXT_MAX];
	char host[HTTPSXFER_HOST_MAX + 1];
	char asked[HTTPSXFER_HOST_MAX + 1]; /* host, or the proxy */
	char port[HTTPSXFER_PORT_MAX + 1];
};

struct https *https_open(
    struct event_base *base, struct dns *dns, const struct https_config *config)
{
	struct https *h = xcalloc(1, sizeof *h);

	h->base = base;
	h->dns = dns;
	h->config = config;
	h->xfers = httpsxfer_open(base, config);
	TAILQ_INIT(&h->fetches);
	return h;
}

void https_close(struct https *h)
{
	if (h == NULL)
		return;
	httpsxfer_close(h->xfers);
	free(h);
}

static void start_transfer(struct https_fetch *f);

/* Start waiting transfers for which there is room now.  There may be room at
 * several addresses. */
static void start_waiting(struct https *h)
{
	struct https_fetch *f;

	TAILQ_FOREACH(f, &h->fetches, link)
	if (f->is_waiting)
		start_transfer(f);
}

void https_cancel(struct https_fetch *f)
{
	struct https *h;

	if (f == NULL)
		return;
	h = f->h;
	TAILQ_REMOVE(&h->fetches, f, link);
	httpsaddr_cancel(f->lookup);
	httpsxfer_cancel(f->xfer);
	event_free(f->deadline);
	event_free(f->patience);
	free(f);
	start_waiting(h);
}

static void finish(struct https_fetch *f, const struct https_result *result)
{
	void (*done)(void *, const struct https_result *) = f->done;
	void *arg = f->arg;

	https_cancel(f);
	done(arg, result);
}

/* Through a proxy the address is the proxy's. */
static bool is_direct(const struct https_fetch *f)
{
	return f->h->config->proxy[0] == '\0';
}

/* A host that refuses at once, or answers badly, takes nobody's time. */
static void note_speed(struct https_fetch *f, enum cause cause)
{
	int64_t now = clock_ms();
	bool has_failed =
	    cause == CAUSE_HTTPS_CONNECT || cause == CAUSE_HTTPS_TLS ||
	    cause == CAUSE_HTTPS_TIMEOUT || cause == CAUSE_HTTPS_CUT_SHORT;

	if (!is_direct(f))
		return;
	if (!has_failed)
		httpsslow_forget(&f->h->slow, f->tried);
	else if (now - f->began >= HTTPS_SLOW_MS)
		httpsslow_note(&f->h->slow, f->tried, now);
}

static void transferred(void *arg, const struct httpsxfer_result *r)
{
	struct https_fetch *f = arg;
	const struct https_result result = {
	    .why = r->why,
	    .body = r->body,
	    .len = r->len,
	};

	f->xfer = NULL;
	note_speed(f, r->why.cause);
	if (r->no_connection && f->next < f->addresses.n) {
		start_transfer(f);
		start_waiting(f->h);
	} else {
		finish(f, &result);
	}
}

/* Many domains have their policy at one provider: fetch only a few of them from
 * there at a time. */
static size_t count_from_there(const struct https_fetch *f, int64_t since)
{
	const struct https_fetch *other;
	size_t n = 0;

	TAILQ_FOREACH(other, &f->h->fetches, link)
	if (other->xfer != NULL && other->began <= since &&
	    strcmp(other->tried, f->tried) == 0)
		n++;
	return n;
}

static bool host_is_busy(const struct https_fetch *f)
{
	return count_from_there(f, INT64_MAX) >= HTTPS_HOST_MAX;
}

/* Nobody waits for this one, and others would wait for its place: one of its
 * kind is enough to see whether the host answers again. */
static bool gives_way(const struct https_fetch *f)
{
	return *f->is_background && is_direct(f) &&
	       httpsslow_knows(&f->h->slow, f->tried, clock_ms()) &&
	       count_from_there(f, INT64_MAX) > 0;
}

static void give_way(struct https_fetch *f)
{
	struct https_result result = {0};

	reason_fail(&result.why, CAUSE_RESOLVE_BUSY,
	    "%s: put off, its server keeps others waiting", f->host);
	finish(f, &result);
}

/* It has waited for its turn.  What holds it up is slow. */
static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct https_fetch *f = arg;
	int64_t now = clock_ms();

	(void)fd;
	(void)what;
	if (!f->is_waiting || !*f->is_background || !is_direct(f))
		return;
	if (count_from_there(f, now - HTTPS_SLOW_MS) >= HTTPS_HOST_MAX)
		httpsslow_note(&f->h->slow, f->tried, now);
	give_way(f);
}

/* Try the next addresses when it is their turn.  libcurl gets only as many as
 * it tries at the same time, one of each family: with a longer list version
 * 7.88 hangs after the first silent one. */
static void start_transfer(struct https_fetch *f)
{
	char resolve[HTTPSADDR_TEXT_MAX + HTTPSXFER_HOST_MAX +
		     HTTPSXFER_PORT_MAX + sizeof("+::")] = "";
	static const struct timeval patience = {
	    .tv_sec = HTTPS_PATIENCE_SECONDS,
	};
	static const struct timeval at_once;
	struct httpsxfer_request request = {
	    .host = f->host,
	    .resolve = resolve,
	    .connect_seconds = HTTPS_CONNECT_SECONDS,
	    .notes = f->notes,
	};

	if (f->next < f->addresses.n)
		memcpy(f->tried, f->addresses.text[f->next], sizeof f->tried);
	/* Not from here: the caller walks the list of fetches. */
	f->is_waiting = gives_way(f);
	if (f->is_waiting) {
		xneed(evtimer_add(f->patience, &at_once) == 0);
		return;
	}
	f->is_waiting = host_is_busy(f);
	if (f->is_waiting) {
		if (!evtimer_pending(f->patience, NULL))
			xneed(evtimer_add(f->patience, &patience) == 0);
		return;
	}
	if (f->next < f->addresses.n) {
		/* With "+" the entry expires; otherwise this process would
		 * use these addresses forever. */
		snprintf(resolve, sizeof resolve, "+%s:%s:%s", f->asked,
		    f->port, f->tried);
		f->next++;
	}
	if (f->next < f->addresses.n)
		request.connect_seconds = HTTPS_TRY_SECONDS;
	f->began = clock_ms();
	f->xfer = httpsxfer_start(f->h->xfers, &request, transferred, f);
}

static void resolved(
    void *arg, const struct httpsaddr_list *list, const struct reason *why)
{
	struct https_fetch *f = arg;
	const struct https_result failed = {.why = *why};

	f->lookup = NULL;
	if (list->n == 0) {
		finish(f, &failed);
		return;
	}
	f->addresses = *list;
	start_transfer(f);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct https_fetch *f = arg;
	unsigned int seconds = f->h->config->timeout;
	struct https_result result;

	(void)fd;
	(void)what;
	if (f->is_waiting)
		reason_fail(&result.why, CAUSE_RESOLVE_BUSY,
		    "%s: time-out after %u s, its server was busy with other "
		    "domains",
		    f->host, seconds);
	else if (f->xfer != NULL) {
		note_speed(f, CAUSE_HTTPS_TIMEOUT);
		reason_fail(&result.why, CAUSE_HTTPS_TIMEOUT,
		    "%s: time-out after %u s, %zu bytes received", f->host,
		    seconds, httpsxfer_received(f->xfer));
	} else
		reason_fail(&result.why, CAUSE_HTTPS_LOOKUP,
		    "%s: time-out after %u s, no address", f->host, seconds);
	finish(f, &result);
}

struct https_fetch *https_get_policy(struct https *h, const char *domain,
    const bool *is_background, const struct notes *notes,
    void (*done)(void *arg, const struct https_result *r), void *arg)
{
	const struct timeval limit = {.tv_sec = h->config->timeout};
	struct https_fetch *f = xcalloc(1, sizeof *f);

	f->h = h;
	TAILQ_INSERT_TAIL(&h->fetches, f, link);
	f->notes = notes;
	f->is_background = is_background;
	f->done = done;
	f->arg = arg;
	snprintf(f->host, sizeof f->host, HOST_PREFIX "%s", domain);
	snprintf(f->asked, sizeof f->asked, "%s", f->host);
	snprintf(f->port, sizeof f->port, HTTPS_PORT);
	f->deadline = evtimer_new(h->base, on_deadline, f);
	xneed(f->deadline != NULL && evtimer_add(f->deadline, &limit) == 0);
	f->patience = evtimer_new(h->base, on_patience, f);
	xneed(f->patience != NULL);
	/* A proxy looks up the policy host itself. */
	if (is_direct(f) ||
	    httpsxfer_split_proxy(h->config->proxy, f->asked, f->port))
		f->lookup = httpsaddr_start(h->base, h->dns, f->asked,
		    is_direct(f) && !h->config->reserved, notes, resolved, f);
	else
		start_transfer(f);
	return f;
}
