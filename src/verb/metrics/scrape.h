/* scrape: one HTTP request for the metrics, on a connection.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_VERB_METRICS_SCRAPE_H
#define MXPOLICY_VERB_METRICS_SCRAPE_H

#include <stdio.h>

#define SCRAPE_READ_MS 5000   /* for the whole request */
#define SCRAPE_WRITE_MS 10000 /* for the whole response */

/* Read one request from standard input, answer it on standard output and end:
 * GET or HEAD of /metrics with what `body` writes; another path 404, another
 * method 405, a request that is malformed, too large or not complete in time
 * 400; without any input nothing.  Every response closes the connection. */
void scrape_serve(void (*body)(void *arg, FILE *to), void *arg);

#endif
