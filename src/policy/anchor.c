/* anchor: the trust anchor of DNSSEC's root, as a file holds it.
 * SPDX-License-Identifier: MIT */
#include "policy/anchor.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r()"
#define RDATA_MAX 2048
#define FLAG_REVOKED 0x0080
#define FLAG_SEP 0x0001

const char *const anchor_files[] = {
    "/usr/share/dns/root.key",		      /* Debian, dns-root-data */
    "/usr/share/dnssec-root/trusted-key.key", /* Alpine, Arch */
    "/etc/unbound/root.key",
    "/var/lib/unbound/root.key",
    NULL,
};

struct word {
	const char *text;
	size_t len;
};

/* The next word of a line, whose comment is not in it. */
static bool next_word(const char **at, const char *end, struct word *w)
{
	while (*at < end && strchr(BLANKS, **at) != NULL)
		++*at;
	w->text = *at;
	while (*at < end && strchr(BLANKS, **at) == NULL)
		++*at;
	w->len = (size_t)(*at - w->text);
	return w->len > 0;
}

static bool is_word(const struct word *w, const char *text)
{
	return w->len == strlen(text) &&
	       strncasecmp(w->text, text, w->len) == 0;
}

static long number(const struct word *w)
{
	char buf[8] = "", *end;
	long v;

	if (w->len == 0 || w->len >= sizeof buf)
		return -1;
	memcpy(buf, w->text, w->len);
	v = strtol(buf, &end, 10);
	return *end == '\0' && v >= 0 && v <= 65535 ? v : -1;
}

/* Append base64 to RDATA; bits holds what did not make a byte yet. */
static bool append(
    uint8_t *rdata, size_t *n, const struct word *w, uint32_t *bits, int *have)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < w->len && w->text[i] != '='; i++) {
		const char *c = strchr(alphabet, w->text[i]);

		if (c == NULL || *n == RDATA_MAX)
			return false;
		*bits = (*bits << 6 | (uint32_t)(c - alphabet)) & 0xffffff;
		*have += 6;
		if (*have >= 8) {
			*have -= 8;
			rdata[(*n)++] = (uint8_t)(*bits >> *have);
		}
	}
	return true;
}

/* RFC 4034 appendix B. */
static uint16_t key_tag(const uint8_t *rdata, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += i & 1 ? rdata[i] : (uint32_t)rdata[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

/* Flags, protocol, algorithm, key: the tag, or -1. */
static long dnskey_tag(const char *at, const char *end)
{
	uint8_t rdata[RDATA_MAX];
	uint32_t bits = 0;
	struct word w;
	long field[3];
	int have = 0;
	size_t n = 4;

	for (int i = 0; i < 3; i++) {
		if (!next_word(&at, end, &w))
			return -1;
		field[i] = number(&w);
		if (field[i] < 0 || (i > 0 && field[i] > 255))
			return -1;
	}
	if ((field[0] & FLAG_SEP) == 0 || (field[0] & FLAG_REVOKED) != 0)
		return -1;
	rdata[0] = (uint8_t)(field[0] >> 8);
	rdata[1] = (uint8_t)field[0];
	rdata[2] = (uint8_t)field[1];
	rdata[3] = (uint8_t)field[2];
	while (next_word(&at, end, &w))
		if (!append(rdata, &n, &w, &bits, &have))
			return -1;
	return n > 4 ? key_tag(rdata, n) : -1;
}

/* ". [TTL] [IN] DS TAG ..." or DNSKEY: the tag, or -1. */
static long line_tag(const char *at, const char *end)
{
	struct word w;

	if (!next_word(&at, end, &w) || !is_word(&w, "."))
		return -1;
	while (next_word(&at, end, &w)) {
		if (is_word(&w, "DS"))
			return next_word(&at, end, &w) ? number(&w) : -1;
		if (is_word(&w, "DNSKEY"))
			return dnskey_tag(at, end);
	}
	return -1;
}

size_t anchor_tags(const char *text, uint16_t tag[static ANCHOR_TAGS_MAX])
{
	size_t n = 0;

	while (*text != '\0' && n < ANCHOR_TAGS_MAX) {
		size_t len = strcspn(text, "\n");
		long found = line_tag(text, text + strcspn(text, ";\n"));
		bool known = false;

		for (size_t i = 0; i < n; i++)
			known = known || tag[i] == found;
		if (found >= 0 && !known)
			tag[n++] = (uint16_t)found;
		text += len + (text[len] == '\n');
	}
	return n;
}
