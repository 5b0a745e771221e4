/* httpsxfer: one HTTPS exchange with a policy host.  Owns <curl/curl.h>.
 * SPDX-License-Identifier: MIT */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include "lookup/httpsxfer.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "lookup/httpsbody.h"
#include "lookup/httpsloop.h"
#include "lookup/httpsnote.h"
#include "x509/server.h"

#define PATH "/.well-known/mta-sts.txt"
#define URL_MAX (sizeof("https://" PATH) + HTTPSXFER_HOST_MAX)
#define PROXY_PORT "1080" /* curl's own default */
/* So long after a tunnel a proxy is believed that it reaches others. */
#define PROXY_WORKS_MS (5 * 60 * 1000)
/* Versions from 8 do not ask servers for an OCSP staple (seen in 8.14). */
#define CURL_WITHOUT_STAPLES 0x080000

struct httpsxfers {
	const struct https_config *config;
	struct httpsloop *loop;
	struct trust *trust;
	int64_t proxy_worked; /* clock_ms() of its last tunnel, 0: none */
};

struct httpsxfer {
	struct httpsxfers *all;
	const struct notes *notes;
	void (*done)(void *arg, const struct httpsxfer_result *r);
	void *arg;
	CURL *easy;
	struct curl_slist *resolve, *header;
	struct httpsxfer_result result; /* the first failure */
	struct httpsbody body;
	const char *tls;
	bool is_trusted; /* the server's certificate was verified */
	char error[CURL_ERROR_SIZE];
	char host[HTTPSXFER_HOST_MAX + 1];
};

static void xfer_ended(CURL *easy, CURLcode code, void *arg);

/* Without a setting the file that libcurl was built for, or GnuTLS's own. */
static const char *ca_file(const struct https_config *config)
{
	const char *file = config->ca_file;

	if (file[0] == '\0')
		file = curl_version_info(CURLVERSION_NOW)->cainfo;
	return file != NULL ? file : "";
}

struct httpsxfers *httpsxfer_open(
    struct event_base *base, const struct https_config *config)
{
	struct httpsxfers *all = xcalloc(1, sizeof *all);

	all->config = config;
	all->trust = trust_open(ca_file(config));
	all->loop = httpsloop_open(base, xfer_ended, all);
	return all;
}

void httpsxfer_close(struct httpsxfers *all)
{
	if (all == NULL)
		return;
	httpsloop_close(all->loop);
	trust_close(all->trust);
	free(all);
}

void httpsxfer_cancel(struct httpsxfer *x)
{
	if (x == NULL)
		return;
	httpsloop_remove(x->all->loop, x->easy);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->resolve);
	curl_slist_free_all(x->header);
	httpsbody_clear(&x->body);
	free(x);
}

/* Only the first failure counts: it causes the others. */
static void fail(
    struct httpsxfer *x, enum cause cause, const char *what, const char *detail)
{
	if (x->result.why.cause == CAUSE_NONE)
		reason_fail(
		    &x->result.why, cause, "%s: %s%s", x->host, what, detail);
}

static size_t on_body(char *data, size_t one, size_t n, void *arg)
{
	struct httpsxfer *x = arg;
	struct reason why;

	if (!x->is_trusted)
		return 0;
	if (httpsbody_check_head(x->easy, &why) &&
	    httpsbody_add(&x->body, data, n * one, &why))
		return n * one;
	fail(x, why.cause, "", why.text);
	return 0;
}

static bool is_by_proxy(const struct httpsxfer *x)
{
	return x->all->config->proxy[0] != '\0';
}

static bool asks_for_staples(void)
{
	return curl_version_info(CURLVERSION_NOW)->version_num <
	       CURL_WITHOUT_STAPLES;
}

/* What the server has sent, for a libcurl with another TLS library. */
struct sent {
	struct server_sent
	    cert[SERVER_CHAIN_MAX + 1]; /* one too many is told */
	size_t n;
};

static void on_cert(void *arg, size_t place, uint8_t *der, size_t len)
{
	struct sent *s = arg;

	(void)place;
	if (s->n > SERVER_CHAIN_MAX)
		free(der);
	else
		s->cert[s->n++] = (struct server_sent){der, len};
}

static bool is_trusted_chain(
    CURL *easy, struct server_question *q, struct reason *why)
{
	struct sent sent = {.n = 0};
	bool good;

	httpsnote_each_cert(easy, on_cert, &sent);
	q->sent = sent.cert;
	q->n_sent = sent.n;
	good = server_is_trusted(q, why);
	q->sent = NULL;
	q->n_sent = 0;
	while (sent.n > 0)
		free((void *)(uintptr_t)sent.cert[--sent.n].der);
	return good;
}

/* After the handshake and before the request: send nothing to a server whose
 * certificate is not for the policy host.  It is verified here and not by
 * libcurl, because libcurl would parse all authorities for each exchange, which
 * takes longer than all the rest of it; and it would not look at the purpose of
 * the certificates. */
static int before_request(
    void *arg, char *there, char *here, int there_port, int here_port)
{
	struct httpsxfer *x = arg;
	struct curl_tlssessioninfo *tls = NULL;
	struct server_question q = {.trust = x->all->trust,
	    .host = x->host,
	    .asked_for_staple = asks_for_staples()};
	struct reason why = {0};

	(void)there;
	(void)here;
	(void)there_port;
	(void)here_port;
	if (curl_easy_getinfo(x->easy, CURLINFO_TLS_SSL_PTR, &tls) ==
		CURLE_OK &&
	    tls != NULL && tls->backend == CURLSSLBACKEND_GNUTLS)
		q.session = tls->internals;
	else
		q.asked_for_staple = false;
	x->tls = server_tls_version(q.session);
	x->is_trusted = q.session != NULL ? server_is_trusted(&q, &why)
					  : is_trusted_chain(x->easy, &q, &why);
	if (is_by_proxy(x))
		x->all->proxy_worked = clock_ms();
	if (x->is_trusted)
		return CURL_PREREQFUNC_OK;
	fail(x, why.cause,
	    why.cause == CAUSE_HTTPS_CERTIFICATE ? "certificate: " : "",
	    why.text);
	return CURL_PREREQFUNC_ABORT;
}

static bool is_tls_up(const struct httpsxfer *x)
{
	curl_off_t after = 0;

	curl_easy_getinfo(x->easy, CURLINFO_APPCONNECT_TIME_T, &after);
	return after > 0;
}

static enum cause cause_of(const struct httpsxfer *x, CURLcode code)
{
	curl_off_t connected = 0;

	switch ((int)code) {
	case CURLE_OUT_OF_MEMORY:
		return CAUSE_MEMORY;
	case CURLE_PEER_FAILED_VERIFICATION:
		return CAUSE_HTTPS_CERTIFICATE;
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_PROXY:
		return CAUSE_HTTPS_PROXY;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CIPHER:
		return CAUSE_HTTPS_TLS;
	case CURLE_BAD_CONTENT_ENCODING:
		return CAUSE_HTTPS_ENCODING;
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
		return CAUSE_HTTPS_CUT_SHORT;
	case CURLE_OPERATION_TIMEDOUT:
		curl_easy_getinfo(x->easy, CURLINFO_CONNECT_TIME_T, &connected);
		return connected > 0 ? CAUSE_HTTPS_TIMEOUT
				     : CAUSE_HTTPS_CONNECT;
	case CURLE_COULDNT_CONNECT:
		return CAUSE_HTTPS_CONNECT;
	default:
		return CAUSE_HTTPS_STATUS;
	}
}

/* Does the proxy say that it does not reach the policy host, by a status of 500
 * and more or by silence, while it has lately reached others?  If it reaches
 * nobody the failure is its own. */
static bool is_unreachable(const struct httpsxfer *x, CURLcode code)
{
	int64_t worked = x->all->proxy_worked;
	long status = 0;

	curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &status);
	return worked > 0 && clock_ms() - worked < PROXY_WORKS_MS &&
	       (status >= 500 ||
		   (status == 0 && code == CURLE_OPERATION_TIMEDOUT));
}

/* The reason of a failure of libcurl. */
static void judge_code(struct httpsxfer *x, CURLcode code)
{
	const char *text =
	    x->error[0] != '\0' ? x->error : curl_easy_strerror(code);
	enum cause cause = cause_of(x, code);

	/* Before TLS is established we talk to the proxy. */
	if (is_by_proxy(x) && !is_tls_up(x) && cause_is_domains(cause) &&
	    cause != CAUSE_HTTPS_TLS)
		cause = is_unreachable(x, code) ? CAUSE_HTTPS_CONNECT
						: CAUSE_HTTPS_PROXY;
	fail(x, cause, cause == CAUSE_HTTPS_CERTIFICATE ? "certificate: " : "",
	    text);
}

static struct httpsxfer *find_exchange(CURL *easy)
{
	struct httpsxfer *x = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &x);
	return x;
}

static void judge_end(struct httpsxfer *x, CURLcode code)
{
	struct reason why;

	if (code != CURLE_OK)
		judge_code(x, code);
	else if (!x->is_trusted)
		fail(x, CAUSE_HTTPS_CERTIFICATE,
		    "certificate: ", "it was not verified");
	/* on_body() does not see an empty body. */
	else if (!httpsbody_check_head(x->easy, &why) ||
		 !httpsbody_unpack(&x->body, x->easy, &why))
		fail(x, why.cause, "", why.text);
}

static void xfer_ended(CURL *easy, CURLcode code, void *all)
{
	struct httpsxfer *x = find_exchange(easy);
	void (*done)(void *, const struct httpsxfer_result *) = x->done;
	struct httpsxfer_result result;
	struct httpsbody body;
	void *arg = x->arg;

	(void)all;
	judge_end(x, code);
	httpsnote_exchange(x->notes, x->easy, x->host, x->tls, x->body.len);
	result = x->result;
	result.no_connection =
	    sts_failure_of(result.why.cause) == STS_FAILURE_FETCH &&
	    !is_tls_up(x);
	body = x->body;
	if (result.why.cause == CAUSE_NONE) {
		result.body = body.bytes != NULL ? body.bytes : "";
		result.len = body.len;
	}
	x->body = (struct httpsbody){0};
	httpsxfer_cancel(x);
	done(arg, &result);
	httpsbody_clear(&body);
}

/* Set options by type; an option that libcurl does not know must not be ignored
 * silently. */
static void set_long(CURL *easy, CURLoption option, long value)
{
	xneed(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

static void set_text(CURL *easy, CURLoption option, const char *value)
{
	xneed(curl_easy_setopt(easy, option, value) == CURLE_OK);
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
	/* before_request() verifies, also the name: libcurl 8 would fail
	 * before it says to which address. */
	set_long(easy, CURLOPT_SSL_VERIFYPEER, 0);
	set_long(easy, CURLOPT_SSL_VERIFYHOST, 0);
	set_text(easy, CURLOPT_CAINFO, NULL);
	set_text(easy, CURLOPT_CAPATH, NULL);
	set_long(easy, CURLOPT_SSL_SESSIONID_CACHE, 0);
	set_long(easy, CURLOPT_CERTINFO,
	    x->notes != NULL || !httpsloop_has_gnutls());
	set_long(easy, CURLOPT_FOLLOWLOCATION, 0); /* RFC 8461 3.3 */
	set_long(easy, CURLOPT_NETRC, CURL_NETRC_IGNORED);
	set_text(easy, CURLOPT_PROXY, config->proxy);
	set_text(easy, CURLOPT_NOPROXY, "");
	/* httpsbody_unpack() decodes */
	set_text(easy, CURLOPT_ACCEPT_ENCODING, NULL);
	set_long(easy, CURLOPT_HTTP_CONTENT_DECODING, 0);
	set_text(easy, CURLOPT_USERAGENT, "mxpolicy/" PACKAGE_VERSION);
	set_long(easy, CURLOPT_CONNECTTIMEOUT, connect_seconds);
	set_long(easy, CURLOPT_NOSIGNAL, 1);
	set_long(easy, CURLOPT_FORBID_REUSE, 1);
	set_long(easy, CURLOPT_FRESH_CONNECT, 1);
	xneed(
	    curl_easy_setopt(easy, CURLOPT_RESOLVE, x->resolve) == CURLE_OK &&
	    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x->header) == CURLE_OK &&
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
	struct httpsxfer *x = xcalloc(1, sizeof *x);

	x->all = all;
	x->notes = request->notes;
	x->done = done;
	x->arg = arg;
	x->tls = "";
	snprintf(x->host, sizeof x->host, "%s", request->host);
	if (request->resolve[0] != '\0') {
		x->resolve = curl_slist_append(NULL, request->resolve);
		xneed(x->resolve != NULL);
	}
	x->header = curl_slist_append(NULL, "Accept-Encoding: gzip");
	xneed(x->header != NULL);
	x->easy = curl_easy_init();
	xneed(x->easy != NULL);
	set_options(x, request->connect_seconds);
	httpsloop_add(all->loop, x->easy);
	return x;
}

const char *httpsxfer_library(void)
{
	return curl_version_info(CURLVERSION_NOW)->version;
}

size_t httpsxfer_received(const struct httpsxfer *x)
{
	return x->body.len;
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

	xneed(url != NULL);
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
