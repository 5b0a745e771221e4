/* fuzz request: frames out of a stream, requests out of frames.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "policy/domain.h"
#include "wire/netstring.h"
#include "wire/request.h"

/* The frame that we would write around a payload is read back the same. */
static void check_frame(const char *payload, size_t len)
{
	static char buf[NETSTRING_HEAD_ROOM + REQUEST_MAX + 1];
	char *head = netstring_format_head(buf, len), *end;
	const char *again;
	size_t again_len, used;

	memcpy(buf + NETSTRING_HEAD_ROOM, payload, len);
	end = buf + NETSTRING_HEAD_ROOM + len;
	*end++ = ',';
	MUST(netstring_parse(head, (size_t)(end - head), REQUEST_MAX, &again,
		 &again_len, &used) == NETSTRING_WHOLE);
	MUST(again == buf + NETSTRING_HEAD_ROOM && again_len == len);
	MUST(used == (size_t)(end - head));
}

static void check_request(const char *payload, size_t len)
{
	struct request r;
	struct domain d;

	if (!request_parse(&r, payload, len))
		return;
	MUST(r.map == payload && r.map_len > 0);
	MUST(r.map_len <= REQUEST_MAP_MAX);
	MUST(r.key == payload + r.map_len + 1);
	MUST(r.key[-1] == ' ' && memchr(r.map, ' ', r.map_len) == NULL);
	MUST(r.map_len + 1 + r.key_len == len);
	MUST(memchr(payload, '\0', len) == NULL);
	domain_parse(&d, r.key, r.key_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *payload, *unused;
	size_t len, used, n;

	while (netstring_parse(at, size, REQUEST_MAX, &payload, &len, &used) ==
	       NETSTRING_WHOLE) {
		MUST(used <= size && used <= len + NETSTRING_OVERHEAD);
		MUST(payload > at && payload + len + 1 == at + used);
		MUST(len <= REQUEST_MAX);
		/* What is right in the end is right all along. */
		MUST(netstring_parse(at, used - 1, REQUEST_MAX, &unused, &n,
			 &n) == NETSTRING_PARTIAL);
		check_frame(payload, len);
		check_request(payload, len);
		at += used;
		size -= used;
	}
	return 0;
}
