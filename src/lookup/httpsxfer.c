/* httpsxfer: one HTTPS exchange with a policy host.  Owns <curl/curl.h>.
 * SPDX-License-Identifier: MIT */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "lookup/httpsxfer.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include "lookup/cert.h"
#include "lookup/httpsnote.h"

#define PATH "/.well-known/mta-sts.txt"
#define URL_MAX (sizeof("https://" PATH) + HTTPSXFER_HOST_MAX)
#define PROXY_PORT "1080" /* curl's own default */

struct httpsxfers {
	struct event_base *base;
	const struct https_config *config;
	CURLM *multi; /* made with the first fetch: most domains have none */
	struct event *timer;
};

struct httpsxfer {
	struct httpsxfers *all;
	const struct notes *notes;
	void (*done)(void *arg, const struct httpsxfer_result *r);
	void *arg;
	CURL *easy;
	struct curl_slist *resolve;
	struct httpsxfer_result result; /* a failure seen on the way */
	char *body;
	size_t len;
	const char *tls;
	char error[CURL_ERROR_SIZE];
	char host[HTTPSXFER_HOST_MAX + 1];
};

static void or_exit(bool good)
{
	if (!good)
		exit(EX_TEMPFAIL);
}

/* ---- libcurl on the event loop ---- */

static void xfer_ended(struct httpsxfer *x, CURLcode code);

static void collect_ended(struct httpsxfers *all)
{
	struct httpsxfer *x;
	CURLcode code;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(all->multi, &left)) != NULL) {
		if (m->msg != CURLMSG_DONE)
			continue;
		code = m->data.result;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
		xfer_ended(x, code);
	}
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct httpsxfers *all = arg;
	int running, events = 0;

	if (what & EV_READ)
		events |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		events |= CURL_CSELECT_OUT;
	curl_multi_socket_action(all->multi, fd, events, &running);
	collect_ended(all);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct httpsxfers *all = arg;
	int running;

	(void)fd;
	(void)what;
	curl_multi_socket_action(all->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect_ended(all);
}

static int watch_socket(
    CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct httpsxfers *all = arg;
	struct event *ev = socket_arg;
	short events = EV_PERSIST;

	(void)easy;
	if (ev != NULL)
		event_free(ev);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(all->multi, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= EV_READ;
	if (what & CURL_POLL_OUT)
		events |= EV_WRITE;
	ev = event_new(all->base, fd, events, on_socket, all);
	or_exit(ev != NULL && event_add(ev, NULL) == 0);
	curl_multi_assign(all->multi, fd, ev);
	return 0;
}

static int watch_timer(CURLM *multi, long ms, void *arg)
{
	struct httpsxfers *all = arg;
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	(void)multi;
	if (ms < 0)
		evtimer_del(all->timer);
	else
		or_exit(evtimer_add(all->timer, &tv) == 0);
	return 0;
}

static void open_multi(struct httpsxfers *all)
{
	if (all->multi != NULL)
		return;
	or_exit(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	all->multi = curl_multi_init();
	or_exit(all->multi != NULL);
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(all->multi, CURLMOPT_SOCKETDATA, all);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERFUNCTION, watch_timer);
	curl_multi_setopt(all->multi, CURLMOPT_TIMERDATA, all);
}

struct httpsxfers *httpsxfer_open(
    struct event_base *base, const struct https_config *config)
{
	struct httpsxfers *all = calloc(1, sizeof *all);

	or_exit(all != NULL);
	all->base = base;
	all->config = config;
	all->timer = evtimer_new(base, on_timer, all);
	or_exit(all->timer != NULL);
	return all;
}

void httpsxfer_close(struct httpsxfers *all)
{
	if (all == NULL)
		return;
	if (all->multi != NULL) {
		curl_multi_cleanup(all->multi);
		curl_global_cleanup();
	}
	event_free(all->timer);
	free(all);
}

/* ---- one exchange ---- */

void httpsxfer_cancel(struct httpsxfer *x)
{
	if (x == NULL)
		return;
	curl_multi_remove_handle(x->all->multi, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->resolve);
	free(x->body);
	free(x);
}

/* The first failure counts: what follows comes from it. */
static void fail(struct httpsxfer *x, enum sts_failure failure,
    const char *what, const char *detail)
{
	if (x->result.failure != STS_FAILURE_NONE)
		return;
	x->result.failure = failure;
	reason_set(&x->result.why, "%s: %s%s", x->host, what, detail);
}

static bool is_text_plain(const char *type)
{
	static const char wanted[] = "text/plain";
	size_t len = sizeof wanted - 1;

	if (type == NULL || strncasecmp(type, wanted, len) != 0)
		return false;
	return strchr("; \t", type[len]) != NULL; /* or its end */
}

/* Status and media type, once the head is there.  false: not a policy. */
static bool check_head(struct httpsxfer *x)
{
	const char *type = NULL;
	char text[64];
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(x->easy, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200) {
		snprintf(text, sizeof text, "%ld%s", status,
		    status / 100 == 3 ? " (redirects are not followed)" : "");
		fail(x, STS_FAILURE_FETCH, "HTTP status ", text);
		return false;
	}
	if (!is_text_plain(type)) {
		fail(x, STS_FAILURE_INVALID, "not text/plain, but media type ",
		    type != NULL ? type : "(none)");
		return false;
	}
	return true;
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct httpsxfer *x = arg;

	if (!check_head(x))
		return 0;
	n *= one;
	if (n > STS_POLICY_MAX - x->len) {
		fail(x, STS_FAILURE_INVALID, "the policy is larger than 64 KiB",
		    "");
		return 0;
	}
	if (x->body == NULL) {
		x->body = malloc(STS_POLICY_MAX);
		or_exit(x->body != NULL);
	}
	memcpy(x->body + x->len, data, n);
	x->len += n;
	return n;
}

/* After the handshake, before the request: nobody is asked anything whose
 * certificate is not for the policy host. */
static int before_request(
    void *arg, char *there, char *here, int there_port, int here_port)
{
	struct httpsxfer *x = arg;
	struct curl_tlssessioninfo *tls = NULL;
	struct reason why = {""};

	(void)there;
	(void)here;
	(void)there_port;
	(void)here_port;
	if (curl_easy_getinfo(x->easy, CURLINFO_TLS_SSL_PTR, &tls) !=
		CURLE_OK ||
	    tls == NULL || tls->backend != CURLSSLBACKEND_GNUTLS)
		tls = NULL;
	x->tls = cert_session_version(tls != NULL ? tls->internals : NULL);
	if (cert_session_names(
		tls != NULL ? tls->internals : NULL, x->host, &why))
		return CURL_PREREQFUNC_OK;
	fail(x, STS_FAILURE_WEBPKI, why.text, "");
	return CURL_PREREQFUNC_ABORT;
}

/* What libcurl gave as the reason for its failure. */
static void judge_code(struct httpsxfer *x, CURLcode code)
{
	const char *text =
	    x->error[0] != '\0' ? x->error : curl_easy_strerror(code);
	struct reason status_text = {""};
	long status = 0;

	if (code == CURLE_PEER_FAILED_VERIFICATION) {
		curl_easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &status);
		cert_status_text(status, &status_text);
		if (status_text.text[0] != '\0')
			text = status_text.text;
		fail(x, STS_FAILURE_WEBPKI, "certificate: ", text);
	} else if (code == CURLE_SSL_CACERT_BADFILE) {
		fail(x, STS_FAILURE_FETCH,
		    "the certificate authorities cannot be read: ", text);
		x->result.is_ours = true;
	} else {
		fail(x, STS_FAILURE_FETCH, text, "");
	}
}

static void xfer_ended(struct httpsxfer *x, CURLcode code)
{
	void (*done)(void *, const struct httpsxfer_result *) = x->done;
	struct httpsxfer_result result;
	curl_off_t tls_after = 0;
	char *body = x->body;
	void *arg = x->arg;

	if (code != CURLE_OK)
		judge_code(x, code);
	else
		(void)check_head(x); /* an empty body came through no check */
	httpsnote_exchange(x->notes, x->easy, x->host, x->tls, x->len);
	result = x->result;
	curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &tls_after);
	result.no_connection =
	    result.failure == STS_FAILURE_FETCH && tls_after == 0;
	if (result.failure == STS_FAILURE_NONE) {
		result.body = body != NULL ? body : "";
		result.len = x->len;
	}
	x->body = NULL;
	httpsxfer_cancel(x);
	done(arg, &result);
	free(body);
}

/* Options by kind of value; what libcurl does not know must not be left out
 * without a word. */
static void set_long(CURL *easy, CURLoption option, long value)
{
	or_exit(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

static void set_text(CURL *easy, CURLoption option, const char *value)
{
	or_exit(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

static void set_options(struct httpsxfer *x, long connect_seconds)
{
	const struct https_config *config = x->all->config;
	char url[URL_MAX + 1];
	CURL *easy = x->easy;

	snprintf(url, sizeof url, "https://%s" PATH, x->host);
	set_text(easy, CURLOPT_URL, url);
	set_text(easy, CURLOPT_PROTOCOLS_STR, "https");
	set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	set_long(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
	set_long(easy, CURLOPT_SSL_VERIFYPEER, 1);
	set_long(easy, CURLOPT_SSL_VERIFYHOST, 2);
	set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0);
	set_long(easy, CURLOPT_CERTINFO, x->notes != NULL);
	if (config->ca_file[0] != '\0')
		set_text(easy, CURLOPT_CAINFO, config->ca_file);
	/* The directory holds what the file holds, at many times the cost. */
	set_text(easy, CURLOPT_CAPATH, NULL);
	set_long(easy, CURLOPT_FOLLOWLOCATION, 0); /* RFC 8461 3.3 */
	set_long(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set_text(easy, CURLOPT_PROXY, config->proxy);
	set_text(easy, CURLOPT_NOPROXY, "");
	set_text(easy, CURLOPT_ACCEPT_ENCODING, "");
	set_text(easy, CURLOPT_USERAGENT, "mxpolicy/" PACKAGE_VERSION);
	set_long(easy, CURLOPT_CONNECTTIMEOUT, connect_seconds);
	set_long(easy, CURLOPT_NOSIGNAL, 1);
	set_long(easy, CURLOPT_FORBID_REUSE, 1);
	set_long(easy, CURLOPT_FRESH_CONNECT, 1);
	or_exit(
	    curl_easy_setopt(easy, CURLOPT_RESOLVE, x->resolve) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PRIVATE, x) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body) ==
		CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request) ==
		CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_PREREQDATA, x) == CURLE_OK);
}

struct httpsxfer *httpsxfer_start(struct httpsxfers *all,
    const struct httpsxfer_request *request,
    void (*done)(void *arg, const struct httpsxfer_result *r), void *arg)
{
	struct httpsxfer *x = calloc(1, sizeof *x);

	or_exit(x != NULL);
	open_multi(all);
	x->all = all;
	x->notes = request->notes;
	x->done = done;
	x->arg = arg;
	x->tls = "";
	snprintf(x->host, sizeof x->host, "%s", request->host);
	if (request->resolve[0] != '\0') {
		x->resolve = curl_slist_append(NULL, request->resolve);
		or_exit(x->resolve != NULL);
	}
	x->easy = curl_easy_init();
	or_exit(x->easy != NULL);
	set_options(x, request->connect_seconds);
	or_exit(curl_multi_add_handle(all->multi, x->easy) == CURLM_OK);
	return x;
}

size_t httpsxfer_received(const struct httpsxfer *x)
{
	return x->len;
}

bool httpsxfer_split_proxy(const char *proxy,
    char host[static HTTPSXFER_HOST_MAX + 1],
    char port[static HTTPSXFER_PORT_MAX + 1])
{
	const unsigned int flags =
	    CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
	char *h = NULL, *p = NULL;
	CURLU *url = curl_url();
	bool is_name = false;

	or_exit(url != NULL);
	if (curl_url_set(url, CURLUPART_URL, proxy, flags) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &h, 0) == CURLUE_OK) {
		(void)curl_url_get(url, CURLUPART_PORT, &p, 0);
		is_name = domain_is_hostname(h, strlen(h));
		snprintf(host, HTTPSXFER_HOST_MAX + 1, "%s", h);
		snprintf(port, HTTPSXFER_PORT_MAX + 1, "%s",
		    p != NULL ? p : PROXY_PORT);
	}
	curl_free(h);
	curl_free(p);
	curl_url_cleanup(url);
	return is_name;
}
