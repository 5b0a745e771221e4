/* httpsloop: libcurl's transfers on the event loop.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsloop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

struct httpsloop {
	struct event_base *base;
	CURLM *multi; /* NULL before the first transfer */
	struct event *timer;
	void (*ended)(CURL *easy, CURLcode code, void *arg);
	void *arg;
};

static void collect_ended(struct httpsloop *l)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(l->multi, &left)) != NULL)
		if (m->msg == CURLMSG_DONE)
			l->ended(m->easy_handle, m->data.result, l->arg);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct httpsloop *l = arg;
	int running, events = 0;

	if (what & EV_READ)
		events |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		events |= CURL_CSELECT_OUT;
	curl_multi_socket_action(l->multi, fd, events, &running);
	collect_ended(l);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct httpsloop *l = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_ended(l);
}

static int watch_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct event *event = socket_arg;
	struct httpsloop *l = arg;
	short events = EV_PERSIST;

	(void)easy;
	if (event != NULL)
		event_free(event);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(l->multi, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	event = event_new(l->base, fd, events, on_socket, l);
	xneed(event != NULL && event_add(event, NULL) == 0);
	curl_multi_assign(l->multi, fd, event);
	return 0;
}

static int watch_timer(CURLM *multi, long ms, void *arg)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	struct httpsloop *l = arg;

	(void)multi;
	if (ms < 0)
		evtimer_del(l->timer);
	else
		xneed(evtimer_add(l->timer, &tv) == 0);
	return 0;
}

struct httpsloop *httpsloop_open(struct event_base *base,
    void (*ended)(CURL *easy, CURLcode code, void *arg), void *arg)
{
	struct httpsloop *l = xcalloc(1, sizeof *l);

	l->base = base;
	l->ended = ended;
	l->arg = arg;
	l->timer = evtimer_new(base, on_timer, l);
	xneed(l->timer != NULL);
	return l;
}

void httpsloop_close(struct httpsloop *l)
{
	if (l->multi != NULL) {
		curl_multi_cleanup(l->multi);
		curl_global_cleanup();
	}
	event_free(l->timer);
	free(l);
}

static void open_multi(struct httpsloop *l)
{
	/* A libcurl with several TLS libraries takes the one that we read
	 * sessions of; one that has another keeps it. */
	(void)curl_global_sslset(CURLSSLBACKEND_GNUTLS, NULL, NULL);
	xneed(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	l->multi = curl_multi_init();
	xneed(l->multi != NULL);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
}

bool httpsloop_has_gnutls(void)
{
	static const char name[] = "GnuTLS";
	const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;

	/* Others that it could have taken are in parentheses. */
	return version != NULL && strncmp(version, name, strlen(name)) == 0;
}

void httpsloop_add(struct httpsloop *l, CURL *easy)
{
	if (l->multi == NULL)
		open_multi(l);
	xneed(curl_multi_add_handle(l->multi, easy) == CURLM_OK);
}

void httpsloop_remove(struct httpsloop *l, CURL *easy)
{
	curl_multi_remove_handle(l->multi, easy);
}
