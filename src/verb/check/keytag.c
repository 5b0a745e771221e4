/* keytag: the keys of the root zone in a trust anchor file.
 * SPDX-License-Identifier: MIT */
#include "verb/check/keytag.h"

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r()"
#define KEY_MAX 2044	/* bytes */
#define BASE64_MAX 2728 /* characters, of KEY_MAX */
#define FLAG_REVOKED 0x0080
#define FLAG_SEP 0x0001

struct word {
	const char *text;
	size_t len;
};

/* The next word of a line whose comment has been cut off. */
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

/* Of flags, protocol, algorithm and key (RFC 4034 appendix B). */
static uint16_t key_tag(const long field[static 3], const gnutls_datum_t *key)
{
	uint32_t sum = (uint32_t)(field[0] + (field[1] << 8) + field[2]);

	for (unsigned i = 0; i < key->size; i++)
		sum += i & 1 ? key->data[i] : (uint32_t)key->data[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

/* Flags, protocol, algorithm, key in base64 of any number of words: the tag,
 * or -1. */
static long dnskey_tag(const char *at, const char *end)
{
	unsigned char base64[BASE64_MAX];
	gnutls_datum_t text = {base64, 0}, key;
	struct word w;
	long field[3], tag;

	for (int i = 0; i < 3; i++) {
		if (!next_word(&at, end, &w))
			return -1;
		field[i] = number(&w);
		if (field[i] < 0 || (i > 0 && field[i] > 255))
			return -1;
	}
	if ((field[0] & FLAG_SEP) == 0 || (field[0] & FLAG_REVOKED) != 0)
		return -1;
	for (; next_word(&at, end, &w); text.size += (unsigned)w.len) {
		if (w.len > BASE64_MAX - text.size)
			return -1;
		memcpy(base64 + text.size, w.text, w.len);
	}
	if (text.size == 0 || gnutls_base64_decode2(&text, &key) != 0)
		return -1;
	tag = key.size > 0 && key.size <= KEY_MAX ? key_tag(field, &key) : -1;
	gnutls_free(key.data);
	return tag;
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

size_t keytag_read(const char *text, uint16_t tag[static KEYTAGS_MAX])
{
	size_t n = 0;

	while (*text != '\0' && n < KEYTAGS_MAX) {
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
