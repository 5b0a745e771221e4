/* http_test: the head of a request for the metrics.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/http.h"

#define HOST "Host: localhost:8462\r\n"
#define END HOST "\r\n"

struct row {
	const char *name, *text;
	size_t len; /* 0: strlen() */
	enum http state;
	enum http_method method;
	const char *path;
};

static const struct row rows[] = {
    {"as Prometheus asks",
	"GET /metrics HTTP/1.1\r\n" HOST "User-Agent: Prometheus/2.42.0\r\n"
	"Accept: text/plain;version=0.0.4;q=0.2,*/*;q=0.1\r\n"
	"Accept-Encoding: gzip\r\n\r\n",
	0, HTTP_WHOLE, HTTP_GET, "/metrics"},
    {"HEAD", "HEAD /metrics HTTP/1.1\r\n" END, 0, HTTP_WHOLE, HTTP_HEAD,
	"/metrics"},
    {"HTTP/1.0 needs no Host", "GET / HTTP/1.0\r\n\r\n", 0, HTTP_WHOLE,
	HTTP_GET, "/"},
    {"lines that end with LF", "GET / HTTP/1.1\nHost: x\n\n", 0, HTTP_WHOLE,
	HTTP_GET, "/"},
    {"a query", "GET /metrics?a=b HTTP/1.0\r\n\r\n", 0, HTTP_WHOLE, HTTP_GET,
	"/metrics"},
    {"as to a proxy", "GET HTTP://localhost:8462/metrics HTTP/1.1\r\n" END, 0,
	HTTP_WHOLE, HTTP_GET, "/metrics"},
    {"another method", "POST /metrics HTTP/1.1\r\n" END "body", 0, HTTP_WHOLE,
	HTTP_OTHER, "/metrics"},
    {"a longer method", "GETS / HTTP/1.0\r\n\r\n", 0, HTTP_WHOLE, HTTP_OTHER,
	"/"},
    {"host in small letters", "GET / HTTP/1.1\r\nhost: x\r\n\r\n", 0,
	HTTP_WHOLE, HTTP_GET, "/"},
    {"methods have their case", "get / HTTP/1.0\r\n\r\n", 0, HTTP_WHOLE,
	HTTP_OTHER, "/"},
    {"an empty header value", "GET / HTTP/1.0\r\nX:\r\n\r\n", 0, HTTP_WHOLE,
	HTTP_GET, "/"},
    {"what follows is not looked at", "GET / HTTP/1.0\r\n\r\n\0\1", 20,
	HTTP_WHOLE, HTTP_GET, "/"},

    {"nothing yet", "", 0, HTTP_PARTIAL, HTTP_GET, NULL},
    {"half a line", "GET /met", 0, HTTP_PARTIAL, HTTP_GET, NULL},
    {"no empty line yet", "GET / HTTP/1.1\r\n" HOST, 0, HTTP_PARTIAL, HTTP_GET,
	NULL},
    {"half of the last line end", "GET / HTTP/1.0\r\n\r", 0, HTTP_PARTIAL,
	HTTP_GET, NULL},

    {"HTTP/1.1 without Host", "GET / HTTP/1.1\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a longer word than Host", "GET / HTTP/1.1\r\nHosts: x\r\n\r\n", 0,
	HTTP_BROKEN, HTTP_GET, NULL},
    {"a DEL in a header", "GET / HTTP/1.0\r\nX: \177\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"two Hosts", "GET / HTTP/1.1\r\n" HOST END, 0, HTTP_BROKEN, HTTP_GET,
	NULL},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" HOST END, 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"HTTP/0.9", "GET /metrics\r\n", 0, HTTP_BROKEN, HTTP_GET, NULL},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, HTTP_BROKEN, HTTP_GET,
	NULL},
    {"HTTP/1.2 does not exist", "GET / HTTP/1.2\r\n" END, 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a version with more", "GET / HTTP/1.1x\r\n" END, 0, HTTP_BROKEN, HTTP_GET,
	NULL},
    {"two blanks", "GET  / HTTP/1.1\r\n" END, 0, HTTP_BROKEN, HTTP_GET, NULL},
    {"a blank at the end", "GET / HTTP/1.1 \r\n" END, 0, HTTP_BROKEN, HTTP_GET,
	NULL},
    {"no target", "GET  HTTP/1.1\r\n" END, 0, HTTP_BROKEN, HTTP_GET, NULL},
    {"no method", " / HTTP/1.1\r\n" END, 0, HTTP_BROKEN, HTTP_GET, NULL},
    {"a method that is not a token", "G(T / HTTP/1.1\r\n" END, 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a target that is not a path", "OPTIONS * HTTP/1.1\r\n" END, 0,
	HTTP_BROKEN, HTTP_GET, NULL},
    {"a host and no path", "GET http://localhost HTTP/1.1\r\n" END, 0,
	HTTP_BROKEN, HTTP_GET, NULL},
    {"another scheme", "GET ftp://localhost/ HTTP/1.1\r\n" END, 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a control byte in the target", "GET /\1 HTTP/1.0\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a DEL in the target", "GET /\177 HTTP/1.0\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"eight bits in the target", "GET /\303\244 HTTP/1.0\r\n\r\n", 0,
	HTTP_BROKEN, HTTP_GET, NULL},
    {"a NUL in the target", "GET /\0 HTTP/1.0\r\n\r\n", 20, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a CR in the target", "GET /\r HTTP/1.0\r\n\r\n", 0, HTTP_BROKEN, HTTP_GET,
	NULL},
    {"a header without colon", "GET / HTTP/1.0\r\nX\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a header without name", "GET / HTTP/1.0\r\n: x\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 0,
	HTTP_BROKEN, HTTP_GET, NULL},
    {"a folded header", "GET / HTTP/1.0\r\nX: a\r\n b\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a NUL in a header", "GET / HTTP/1.0\r\nX: \0\r\n\r\n", 24, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a CR in a header", "GET / HTTP/1.0\r\nX: a\rb\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"an empty line in front", "\r\nGET / HTTP/1.0\r\n\r\n", 0, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a TLS handshake", "\26\3\1\2\0\1\0\1\374\3\3\n", 12, HTTP_BROKEN,
	HTTP_GET, NULL},
    {"a socketmap request", "17:QUERY example.com,\n", 0, HTTP_BROKEN, HTTP_GET,
	NULL},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	size_t len = row->len > 0 ? row->len : strlen(row->text);
	struct http_request r;

	assert_int_equal(http_parse_request(&r, row->text, len), row->state);
	if (row->state != HTTP_WHOLE)
		return;
	assert_int_equal(r.method, row->method);
	assert_true(http_path_is(&r, row->path));
	assert_false(http_path_is(&r, "/metric"));
	assert_false(http_path_is(&r, ""));
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	return table_run(&t, "http");
}
