/* https: the fetch of a policy file (RFC 8461 3.3).
 * SPDX-License-Identifier: MIT */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "lookup/https.h"
#include "lookup/httpsaddr.h"
#include "lookup/httpsxfer.h"

#define HOST_PREFIX "mta-sts." /* RFC 8461 3.3 */
#define HTTPS_PORT "443"

struct https {
	struct event_base *base;
	struct dns *dns;
	const struct https_config *config;
	struct httpsxfers *xfers;
};

struct https_fetch {
	struct https *h;
	const struct note_taker *notes;
	void (*done)(void *arg, const struct https_result *r);
	void *arg;
	struct event *deadline;
	struct httpsaddr *lookup; /* while addresses are looked up */
	struct httpsaddr_list addresses;
	size_t next; /* of the addresses */
	struct httpsxfer *xfer;
	char host[HTTPSXFER_HOST_MAX + 1];
	char asked[HTTPSXFER_HOST_MAX + 1]; /* host, or the proxy */
	char port[HTTPSXFER_PORT_MAX + 1];
};

static void or_exit(bool good)
{
	if (!good)
		exit(EX_TEMPFAIL);
}

struct https *https_open(
    struct event_base *base, struct dns *dns, const struct https_config *config)
{
	struct https *h = calloc(1, sizeof(*h));

	or_exit(h != NULL);
	h->base = base;
	h->dns = dns;
	h->config = config;
	h->xfers = httpsxfer_open(base, config);
	return h;
}

void https_close(struct https *h)
{
	if (h == NULL)
		return;
	httpsxfer_close(h->xfers);
	free(h);
}

void https_cancel(struct https_fetch *f)
{
	if (f == NULL)
		return;
	httpsaddr_cancel(f->lookup);
	httpsxfer_cancel(f->xfer);
	event_free(f->deadline);
	free(f);
}

static void finish(struct https_fetch *f, const struct https_result *result)
{
	void (*done)(void *, const struct https_result *) = f->done;
	void *arg = f->arg;

	https_cancel(f);
	done(arg, result);
}

static void start_transfer(struct https_fetch *f);

static void transferred(void *arg, const struct httpsxfer_result *r)
{
	struct https_fetch *f = arg;
	const struct https_result result = {
	    .failure = r->failure,
	    .why = r->why,
	    .body = r->body,
	    .len = r->len,
	};

	f->xfer = NULL;
	if (r->no_connection && f->next < f->addresses.n)
		start_transfer(f);
	else
		finish(f, &result);
}

/* Try the next addresses: libcurl gets no more of them than it asks at the
 * same time, one of each family.  With a longer list version 7.88 stands still
 * after the first one that is silent. */
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

	if (f->next < f->addresses.n) {
		/* With "+" the entry grows old; without, the next fetch in
		 * this process would find these addresses for ever. */
		snprintf(resolve, sizeof(resolve), "+%s:%s:%s", f->asked,
		    f->port, f->addresses.text[f->next]);
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
	const struct https_result failed = {
	    .failure = STS_FAILURE_FETCH,
	    .why = *why,
	};

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
	struct https_result result = {.failure = STS_FAILURE_FETCH};
	struct https_fetch *f = arg;
	unsigned int seconds = f->h->config->timeout;

	(void)fd;
	(void)what;
	if (f->xfer != NULL)
		reason_set(&result.why,
		    "%s: time-out after %u s, %zu bytes "
		    "received",
		    f->host, seconds, httpsxfer_received(f->xfer));
	else
		reason_set(&result.why, "%s: time-out after %u s, no address",
		    f->host, seconds);
	note_put(f->notes, "https %s", result.why.text);
	finish(f, &result);
}

struct https_fetch *https_get_policy(struct https *h, const char *domain,
    const struct note_taker *notes,
    void (*done)(void *arg, const struct https_result *r), void *arg)
{
	const struct timeval limit = {.tv_sec = h->config->timeout};
	struct https_fetch *f = calloc(1, sizeof(*f));
	bool is_direct = h->config->proxy[0] == '\0';

	or_exit(f != NULL);
	f->h = h;
	f->notes = notes;
	f->done = done;
	f->arg = arg;
	snprintf(f->host, sizeof(f->host), HOST_PREFIX "%s", domain);
	snprintf(f->asked, sizeof(f->asked), "%s", f->host);
	snprintf(f->port, sizeof(f->port), HTTPS_PORT);
	f->deadline = evtimer_new(h->base, on_deadline, f);
	or_exit(f->deadline != NULL && evtimer_add(f->deadline, &limit) == 0);
	/* A proxy finds the policy host itself. */
	if (is_direct ||
	    httpsxfer_split_proxy(h->config->proxy, f->asked, f->port))
		f->lookup = httpsaddr_start(
		    h->base, h->dns, f->asked, notes, resolved, f);
	else
		start_transfer(f);
	return f;
}
