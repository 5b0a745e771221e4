/* fuzz http: the head of a request for the metrics.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "wire/http.h"

static void check_whole(
    const struct http_request *r, const char *data, size_t size)
{
	MUST(r->path > data && r->path_len > 0);
	MUST(r->path + r->path_len < data + size);
	MUST(r->path[0] == '/');
	for (size_t i = 0; i < r->path_len; i++)
		MUST(
		    r->path[i] > ' ' && r->path[i] <= '~' && r->path[i] != '?');
	MUST((r->method == HTTP_GET) ==
	     (size >= 4 && memcmp(data, "GET ", 4) == 0));
	MUST((r->method == HTTP_HEAD) ==
	     (size >= 5 && memcmp(data, "HEAD ", 5) == 0));
	MUST(http_path_is(r, "/metrics") ==
	     (r->path_len == 8 && memcmp(r->path, "/metrics", 8) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of the exact size, so that a byte too many is seen. */
	char *text = malloc(size > 0 ? size : 1);
	struct http_request r, again;
	enum http before = HTTP_PARTIAL;

	MUST(text != NULL);
	memcpy(text, data, size);
	/* However the bytes come in, the outcome is the same: PARTIAL, then
	 * one of the others and for ever. */
	for (size_t len = 0; len <= size; len += 1 + size / 64) {
		enum http now = http_parse_request(&r, text, len);

		MUST(before == HTTP_PARTIAL || now == before);
		if (now == HTTP_WHOLE)
			check_whole(&r, text, len);
		before = now;
	}
	if (http_parse_request(&again, text, size) == HTTP_WHOLE) {
		check_whole(&again, text, size);
		MUST(before != HTTP_BROKEN);
	}
	free(text);
	return 0;
}
