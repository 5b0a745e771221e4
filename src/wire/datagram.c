/* datagram: the report of a failed policy fetch for a TLSRPT collector.
 * SPDX-License-Identifier: MIT */
#include "wire/datagram.h"

#include <string.h>
#include "base/text.h"
#include "wire/bytes.h"

/* Their codes in the header of the library. */
static const char *failure_code(enum sts_failure failure)
{
	switch (failure) {
	case STS_FAILURE_FETCH:
		return "301";
	case STS_FAILURE_INVALID:
		return "302";
	case STS_FAILURE_WEBPKI:
		return "303";
	case STS_FAILURE_NONE:
		break;
	}
	return NULL;
}

static void put(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text));
}

/* A JSON string (RFC 8259 7). */
static void put_string(struct bytes *b, const char *text, size_t max)
{
	size_t len = strlen(text);

	if (len > max)
		b->bad = true;
	put(b, "\"");
	for (size_t i = 0; i < len && !b->bad; i++) {
		char c = text[i];

		if (c == '"' || c == '\\')
			bytes_put_u8(b, '\\');
		if (c == '\t')
			put(b, "\\t");
		else
			bytes_put_u8(
			    b, text_is_printable(c) ? (uint8_t)c : '?');
	}
	put(b, "\"");
}

size_t datagram_format(const struct datagram *d, char buf[static DATAGRAM_MAX])
{
	const char *code = failure_code(d->failure);
	struct bytes b;

	if (code == NULL)
		return 0;
	bytes_init(&b, buf, DATAGRAM_MAX);
	put(&b, "{\"dpv\":\"1\",\"d\": ");
	put_string(&b, d->domain, DOMAIN_MAX);
	put(&b, ",\"pr\": ");
	put_string(&b, d->record, TLSRPT_TXT_MAX);
	put(&b, ",\"policies\":[{\"policy-type\":2,\"policy-domain\": ");
	put_string(&b, d->domain, DOMAIN_MAX);
	put(&b, ",\"failure-details\":[{\"c\":");
	put(&b, code);
	if (d->detail != NULL) {
		put(&b, ",\"f\": ");
		put_string(&b, d->detail, REASON_MAX);
	}
	put(&b, "}],\"t\":1,\"f\":1}]}");
	return b.bad ? 0 : (size_t)((char *)b.at - buf);
}
