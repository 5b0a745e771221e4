/* httpsxfer: one HTTPS exchange with a policy host.  Owns <curl/curl.h>
 * (with httpsnote, which reads what an exchange left behind).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSXFER_H
#define MXPOLICY_LOOKUP_HTTPSXFER_H

#include <stdbool.h>
#include <stddef.h>
#include "lookup/httpsconf.h"
#include "policy/domain.h"
#include "policy/reason.h"

#define HTTPSXFER_HOST_MAX (DOMAIN_MAX + 8) /* "mta-sts." before it */
#define HTTPSXFER_PORT_MAX 5

struct event_base;
struct notes;
struct httpsxfers;
struct httpsxfer;

/* config and its texts must outlive the result. */
struct httpsxfers *httpsxfer_open(
    struct event_base *base, const struct https_config *config);

/* All exchanges must have ended or be cancelled.  NULL is fine. */
void httpsxfer_close(struct httpsxfers *all);

struct httpsxfer_request {
	const char *host;
	const char *resolve;  /* CURLOPT_RESOLVE; "" where none is needed */
	long connect_seconds; /* for TCP and TLS */
	const struct notes *notes; /* or NULL; lives as long */
};

struct httpsxfer_result {
	struct reason why;  /* as in struct https_result */
	bool no_connection; /* another address may do better */
	const char *body;   /* until the callback returns */
	size_t len;
};

/* done is called once, from the event loop; the exchange is gone then. */
struct httpsxfer *httpsxfer_start(struct httpsxfers *all,
    const struct httpsxfer_request *request,
    void (*done)(void *arg, const struct httpsxfer_result *r), void *arg);

/* done is not called any more.  NULL is fine. */
void httpsxfer_cancel(struct httpsxfer *x);

/* Bytes of the body until now. */
size_t httpsxfer_received(const struct httpsxfer *x);

/* Whose addresses are needed to reach a proxy.  false: nobody's, it is given
 * by address, or not understood (which the exchange then says). */
bool httpsxfer_split_proxy(const char *proxy,
    char host[static HTTPSXFER_HOST_MAX + 1],
    char port[static HTTPSXFER_PORT_MAX + 1]);

#endif
