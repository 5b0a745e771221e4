/* httpsbody: the answer of a policy host, its header and its content.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsbody.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "lookup/gunzip.h"
#include "policy/sts.h"

static bool is_text_plain(const char *type)
{
	static const char wanted[] = "text/plain";
	size_t len = sizeof wanted - 1;

	if (type == NULL || strlen(type) < len ||
	    !ascii_equal(type, wanted, len))
		return false;
	return strchr("; \t", type[len]) != NULL; /* or the end */
}

/* NULL if it is not there exactly once. */
static const char *header_of(CURL *easy, const char *name)
{
	struct curl_header *h;

	return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) ==
			   CURLHE_OK &&
		       h->amount == 1
		   ? h->value
		   : NULL;
}

static bool is_too_large(struct reason *why)
{
	reason_fail(why, CAUSE_HTTPS_SIZE, "the policy is larger than 64 KiB");
	return false;
}

/* libcurl reads to the end of the connection if the number is too large for
 * it, and would take what comes for a whole body. */
static bool check_length(const char *text, struct reason *why)
{
	unsigned long long length;

	if (text == NULL)
		return true;
	errno = 0;
	length = strtoull(text, NULL, 10);
	if (errno == 0 && length <= STS_POLICY_MAX)
		return true;
	if (errno == 0 && length <= INT64_MAX)
		return is_too_large(why);
	reason_fail(why, CAUSE_HTTPS_CUT_SHORT,
	    "Content-Length is %s, which nobody can send", text);
	return false;
}

bool httpsbody_check_head(void *easy, struct reason *why)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	if (status != 200) {
		reason_fail(why, CAUSE_HTTPS_STATUS, "HTTP status %ld%s",
		    status,
		    status / 100 == 3 ? " (redirects are not followed)" : "");
		return false;
	}
	if (!is_text_plain(type)) {
		reason_fail(why, CAUSE_HTTPS_MEDIA_TYPE,
		    "not text/plain, but media type %s",
		    type != NULL ? type : "(none)");
		return false;
	}
	return check_length(header_of(easy, "Content-Length"), why);
}

bool httpsbody_add(
    struct httpsbody *b, const char *data, size_t n, struct reason *why)
{
	if (n > STS_POLICY_MAX - b->len)
		return is_too_large(why);
	if (b->bytes == NULL)
		b->bytes = xmalloc(STS_POLICY_MAX);
	memcpy(b->bytes + b->len, data, n);
	b->len += n;
	return true;
}

static bool is_gzip(const char *encoding)
{
	static const char *const words[] = {"gzip", "x-gzip"};

	for (size_t i = 0; encoding != NULL && i < 2; i++)
		if (strlen(encoding) == strlen(words[i]) &&
		    ascii_equal(encoding, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Go and most browsers ignore an encoding that they do not know, too: there are
 * servers with "UTF-8" or "aws-chunked" beside plain text.  If it does stand
 * for something, the policy is not valid. */
bool httpsbody_unpack(struct httpsbody *b, void *easy, struct reason *why)
{
	struct httpsbody packed = *b;
	enum gunzip result;

	if (!is_gzip(header_of(easy, "Content-Encoding")))
		return true;
	*b = (struct httpsbody){.bytes = xmalloc(STS_POLICY_MAX)};
	result = gunzip(packed.bytes != NULL ? packed.bytes : "", packed.len,
	    b->bytes, STS_POLICY_MAX, &b->len);
	httpsbody_clear(&packed);
	switch (result) {
	case GUNZIP_WHOLE:
		return true;
	case GUNZIP_CUT:
		reason_fail(why, CAUSE_HTTPS_CUT_SHORT, "the gzip body is cut");
		return false;
	case GUNZIP_DAMAGED:
		reason_fail(
		    why, CAUSE_HTTPS_ENCODING, "the gzip body is damaged");
		return false;
	case GUNZIP_TOO_LARGE:
		break;
	}
	return is_too_large(why);
}

void httpsbody_clear(struct httpsbody *b)
{
	free(b->bytes);
	*b = (struct httpsbody){0};
}
