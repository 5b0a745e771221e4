/* rrtext: DNS records in the form of zone files, for people.
 * SPDX-License-Identifier: MIT */
#include "verb/rrtext.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "base/xalloc.h"
#include "policy/tlsa.h"

static char *address(int family, const uint8_t *data)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, data, text, sizeof text);
	return xstrdup(text);
}

static char *mx(const struct note_record *r)
{
	char *text;

	xneed(asprintf(&text, "%u %s", r->preference, r->name) >= 0);
	return text;
}

static char *txt(const struct note_record *r)
{
	char *text = xmemdup(r->data, r->len);

	for (size_t i = 0; i < r->len; i++)
		if (text[i] == '\0')
			text[i] = '?';
	return text;
}

char *rrtext_tlsa(const uint8_t *rdata, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char head[sizeof "255 255 255 "];
	int used = snprintf(
	    head, sizeof head, "%u %u %u ", rdata[0], rdata[1], rdata[2]);
	char *text = xmalloc((size_t)used + 2 * len + 1), *to = text + used;

	memcpy(text, head, (size_t)used);
	for (size_t i = TLSA_DATA_OFFSET; i < len; i++) {
		*to++ = digits[rdata[i] >> 4];
		*to++ = digits[rdata[i] & 0xf];
	}
	*to = '\0';
	return text;
}

char *rrtext_record(const struct note_record *r)
{
	if (!r->readable)
		return xstrdup("?");
	switch (r->type) {
	case DNS_A:
		return address(AF_INET, r->data);
	case DNS_AAAA:
		return address(AF_INET6, r->data);
	case DNS_MX:
		return mx(r);
	case DNS_TLSA:
		return rrtext_tlsa(r->data, r->len);
	case DNS_TXT:
		return txt(r);
	case DNS_CNAME:
		return xstrdup(r->name);
	case DNS_DNSKEY:
		break;
	}
	return xstrdup("?");
}
