/* service: the lookups of all askers, on one event loop (wire/question.h).
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_SERVICE_H
#define MXPOLICY_LOOKUP_SERVICE_H

#include <stdbool.h>
#include "dns/dns.h"
#include "lookup/https.h"
#include "lookup/report.h"

/* Lookups under way at once: for an asker that is alone, for each of several,
 * and for all.  Background lookups get by with few while others are asked
 * for. */
#define SERVICE_ALONE_MAX 256
#define SERVICE_SHARE_MAX 16
#define SERVICE_ALL_MAX 1024
#define SERVICE_BACKGROUND_MIN 8
/* A burst takes its turn: more at once would only share the same processors and
 * take memory, 45 kB each.  Those that have waited longer for the network do
 * not count. */
#define SERVICE_BURST_MAX 40
#define SERVICE_BURST_MS 160
#define SERVICE_ASKERS_MAX 3000 /* connections; more wait in the backlog */

/* It leaves after so long without a question; and it lets its successor take
 * over after so many lookups or so long, so that nothing it caught lives
 * long. */
#define SERVICE_IDLE_SECONDS 60
#define SERVICE_LOOKUPS_MAX 20000
#define SERVICE_LIFE_SECONDS 600
/* Alone with one asker, on pipes: as short as a conversation, and after its
 * end what the https timeout does not cover. */
#define SERVICE_PRIVATE_IDLE_SECONDS 5
#define SERVICE_LINGER_SECONDS 30
#define SERVICE_LOOK_MS 1000 /* between looks for changes */

struct service_config {
	/* A listening unix socket, non-blocking; or -1: one asker alone, on
	 * `in` and `out`, neither of them a regular file. */
	int listener;
	int in, out;
	struct dns_config dns;
	struct https_config https;
	struct report_config report;
	void (*log)(const char *text); /* one line for people */
	/* Called once, when the listener is not accepted from any more. */
	void (*retired)(void *arg);
	/* Have the settings or the name servers changed?  Asked with each
	 * connection and once a second; then it retires, or leaves as soon as
	 * nothing is open. */
	bool (*is_outdated)(void *arg);
	void *arg; /* of both; they may be NULL */
};

/* Answer questions until nobody has one: 0; EX_DATAERR for what is not a
 * question on `in` (the asker is confused), 0 as well when nobody reads the
 * findings any more, EX_OSERR where the descriptors cannot be watched. */
int service_run(const struct service_config *config);

#endif
