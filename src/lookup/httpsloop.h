/* httpsloop: libcurl's transfers on the event loop.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSLOOP_H
#define MXPOLICY_LOOKUP_HTTPSLOOP_H

#include <curl/curl.h>
#include <stdbool.h>

struct event_base;
struct httpsloop;

/* ended is called from the loop for each transfer that has ended and must be
 * removed by it.  libcurl is initialized with the first transfer, since most
 * domains have no policy. */
struct httpsloop *httpsloop_open(struct event_base *base,
    void (*ended)(CURL *easy, CURLcode code, void *arg), void *arg);

/* All transfers must have been removed. */
void httpsloop_close(struct httpsloop *l);

void httpsloop_add(struct httpsloop *l, CURL *easy);
void httpsloop_remove(struct httpsloop *l, CURL *easy);

/* Is GnuTLS the TLS library of libcurl, so that a session can be looked into?
 * It is decided with the first transfer; before, this is a good
 * guess. */
bool httpsloop_has_gnutls(void);

#endif
