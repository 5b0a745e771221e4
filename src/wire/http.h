/* http: the head of a request, as far as a scrape needs it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_HTTP_H
#define MXPOLICY_WIRE_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 8192 /* bytes of request line and header together */

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_OTHER };

struct http_request {
	enum http_method method;
	const char *path; /* of the target, without its query; borrowed */
	size_t path_len;
};

enum http {
	HTTP_WHOLE,
	HTTP_PARTIAL, /* good so far: read on, unless HTTP_HEAD_MAX is full */
	HTTP_BROKEN,  /* not an HTTP/1.x request: 400 */
};

/* Parse the head of an HTTP/1.0 or 1.1 request (RFC 9112): request line and
 * header, each line ended by CRLF or LF, up to the empty line.  The target is
 * a path or an absolute http URI.  Stricter than the RFC allows where that is
 * simpler: no empty line before it, no folded header lines, one blank between
 * the parts of the request line.  HTTP/1.1 needs exactly one Host (section
 * 3.2).  What follows the head is not looked at.  r is filled for WHOLE only
 * and points into data. */
enum http http_parse_request(struct http_request *r, const char *data,
    size_t len) __attribute__((warn_unused_result));

/* Is this the path? */
bool http_path_is(const struct http_request *r, const char *path);

#endif
