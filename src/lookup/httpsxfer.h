/* httpsxfer: one HTTPS exchange with a policy host.  Owns <curl/curl.h>
 * (with httpsnote and httpsloop).
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

/* All exchanges must have ended or been cancelled.  NULL is allowed. */
void httpsxfer_close(struct httpsxfers *all);

struct httpsxfer_request {
	const char *host;
	const char *resolve;	   /* CURLOPT_RESOLVE; "" if not needed */
	long connect_seconds;	   /* for TCP and TLS */
	const struct notes *notes; /* or NULL; must outlive the exchange */
};

struct httpsxfer_result {
	struct reason why;  /* as in struct https_result */
	bool no_connection; /* another address may work */
	const char *body;   /* until the callback returns */
	size_t len;
};

/* done is called once, from the event loop; the exchange is freed then. */
struct httpsxfer *httpsxfer_start(struct httpsxfers *all,
    const struct httpsxfer_request *request,
    void (*done)(void *arg, const struct httpsxfer_result *r), void *arg);

/* done is no longer called.  NULL is allowed. */
void httpsxfer_cancel(struct httpsxfer *x);

/* Bytes of the body so far. */
size_t httpsxfer_received(const struct httpsxfer *x);

/* The version of libcurl that runs. */
const char *httpsxfer_library(void);

/* Split a proxy into host and port.  false: there is no name to look up,
 * because it is an address, or malformed (which the exchange will report). */
bool httpsxfer_split_proxy(const char *proxy,
    char host[static HTTPSXFER_HOST_MAX + 1],
    char port[static HTTPSXFER_PORT_MAX + 1]);

#endif
