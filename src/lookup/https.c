/* https: the fetch of a policy file (RFC 8461 3.3).
 * SPDX-License-Identifier: MIT */
#include "lookup/https.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/xalloc.h"
#include "lookup/httpsaddr.h"
#include "lookup/httpsxfer.h"

#define HOST_PREFIX "mta-sts." /* RFC 8461 3.3 */
#define HTTPS_PORT "443"

struct https {
	struct event_base *base;
	struct dns *dns;
	const struct https_config *config;
	struct httpsxfers *xfers;
	TAILQ_HEAD(, https_fetch) fetches;
};

struct https_fetch {
	TAILQ_ENTRY(https_fetch) link;
	struct https *h;
	const struct notes *notes;
	void (*done)(void *arg, const struct https_result *r);
	void *arg;
	struct event *deadline;
	struct httpsaddr *lookup; /* while addresses are looked up */
	struct httpsaddr_list addresses;
	size_t next; /* address */
	struct httpsxfer *xfer;
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

static void transferred(void *arg, const struct httpsxfer_result *r)
{
	struct https_fetch *f = arg;
	const struct https_result result = {
	    .why = r->why,
	    .body = r->body,
	    .len = r->len,
	};

	f->xfer = NULL;
	if (r->no_connection && f->next < f->addresses.n) {
		start_transfer(f);
		start_waiting(f->h);
	} else {
		finish(f, &result);
	}
}

/* Many domains have their policy at one provider: fetch only a few of them from
 * there at a time. */
static bool host_is_busy(const struct https_fetch *f)
{
	const struct https_fetch *other;
	size_t n = 0;

	TAILQ_FOREACH(other, &f->h->fetches, link)
	if (other->xfer != NULL && strcmp(other->tried, f->tried) == 0)
		n++;
	return n >= HTTPS_HOST_MAX;
}

/* Try the next addresses when it is their turn.  libcurl gets only as many as
 * it tries at the same time, one of each family: with a longer list version
 * 7.88 hangs after the first silent one. */
static void start_transfer(struct https_fetch *f)
{
	char resolve[HTTPSADDR_TEXT_MAX + HTTPSXFER_HOST_MAX +
		     HTTPSXFER_PORT_MAX + sizeof("+::")] = "";
	struct httpsxfer_request request = {
	    .host = f->host,
	    .resolve = resolve,
	    .connect_seconds = HTTPS_CONNECT_SECONDS,
	    .notes = f->notes,
	};

	if (f->next < f->addresses.n)
		memcpy(f->tried, f->addresses.text[f->next], sizeof f->tried);
	f->is_waiting = host_is_busy(f);
	if (f->is_waiting)
		return;
	if (f->next < f->addresses.n) {
		/* With "+" the entry expires; otherwise this process would
		 * use these addresses forever. */
		snprintf(resolve, sizeof resolve, "+%s:%s:%s", f->asked,
		    f->port, f->tried);
		f->next++;
	}
	if (f->next < f->addresses.n)
		request.connect_seconds = HTTPS_TRY_SECONDS;
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
	else if (f->xfer != NULL)
		reason_fail(&result.why, CAUSE_HTTPS_TIMEOUT,
		    "%s: time-out after %u s, %zu bytes received", f->host,
		    seconds, httpsxfer_received(f->xfer));
	else
		reason_fail(&result.why, CAUSE_HTTPS_LOOKUP,
		    "%s: time-out after %u s, no address", f->host, seconds);
	finish(f, &result);
}

struct https_fetch *https_get_policy(struct https *h, const char *domain,
    const struct notes *notes,
    void (*done)(void *arg, const struct https_result *r), void *arg)
{
	const struct timeval limit = {.tv_sec = h->config->timeout};
	struct https_fetch *f = xcalloc(1, sizeof *f);
	bool is_direct = h->config->proxy[0] == '\0';

	f->h = h;
	TAILQ_INSERT_TAIL(&h->fetches, f, link);
	f->notes = notes;
	f->done = done;
	f->arg = arg;
	snprintf(f->host, sizeof f->host, HOST_PREFIX "%s", domain);
	snprintf(f->asked, sizeof f->asked, "%s", f->host);
	snprintf(f->port, sizeof f->port, HTTPS_PORT);
	f->deadline = evtimer_new(h->base, on_deadline, f);
	xneed(f->deadline != NULL && evtimer_add(f->deadline, &limit) == 0);
	/* A proxy looks up the policy host itself. */
	if (is_direct ||
	    httpsxfer_split_proxy(h->config->proxy, f->asked, f->port))
		f->lookup = httpsaddr_start(h->base, h->dns, f->asked,
		    is_direct && !h->config->reserved, notes, resolved, f);
	else
		start_transfer(f);
	return f;
}
