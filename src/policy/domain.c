/* domain: the next hop that Postfix asks about, and names of hosts.
 * SPDX-License-Identifier: MIT */
#include "policy/domain.h"

#include <stdio.h>
#include <string.h>
#include "base/ascii.h"

/* RFC 952 does not allow '_', but Postfix does, and MX hosts use it. */
static bool is_host_byte(char c)
{
	return (ascii_is_alnum(c) && !ascii_is_upper(c)) || c == '-' ||
	       c == '_';
}

size_t domain_utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (len < 2)
		return 0;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (u[0] == 0xc2 || u[0] == 0xe0)
		low = 0xa0; /* C1 control characters; over-long forms */
	else if (u[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (u[0] == 0xf0)
		low = 0x90; /* over-long forms */
	else if (u[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (len < n || u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/* To inet_aton(3), and so to many resolvers, "127.1" and "0x7f000001" are
 * addresses too. */
static bool is_number(const char *label, size_t len)
{
	size_t i = 0;

	if (len >= 2 && label[0] == '0' && label[1] == 'x') {
		for (i = 2; i < len && ascii_hex(label[i]) >= 0; i++)
			;
		return i == len;
	}
	while (i < len && ascii_is_digit(label[i]))
		i++;
	return i == len;
}

/* The length of the label at the front, 0 if there is none. */
static size_t scan_label(const char *s, size_t len, bool *utf8)
{
	bool ascii = true;
	size_t i = 0, n;

	while (i < len && s[i] != '.') {
		n = is_host_byte(s[i]) ? 1 : domain_utf8_len(s + i, len - i);
		if (n == 0)
			return 0;
		if (n > 1)
			ascii = false;
		i += n;
	}
	if (i == 0 || s[0] == '-' || s[i - 1] == '-')
		return 0;
	/* The length of a U-label is checked after its conversion. */
	if (ascii && i > DOMAIN_LABEL_MAX)
		return 0;
	if (!ascii)
		*utf8 = true;
	return i;
}

static bool scan_name(const char *name, size_t len, bool *utf8)
{
	size_t at = 0, label;

	*utf8 = false;
	for (;;) {
		label = scan_label(name + at, len - at, utf8);
		if (label == 0)
			return false;
		if (at + label == len)
			return !is_number(name + at, label);
		at += label + 1;
	}
}

bool domain_is_hostname(const char *name, size_t len)
{
	bool utf8;

	return len <= DOMAIN_MAX && scan_name(name, len, &utf8) && !utf8;
}

static bool take_name(struct domain *d, const char *name, size_t len)
{
	if (len > 0 && name[len - 1] == '.')
		len--;
	if (len > DOMAIN_UTF8_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		d->name[i] = ascii_lower(name[i]);
	d->name[len] = '\0';
	return scan_name(d->name, len, &d->utf8) &&
	       (d->utf8 || len <= DOMAIN_MAX);
}

static bool take_service(struct domain *d, const char *text, size_t len)
{
	if (len > DOMAIN_SERVICE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_host_byte(ascii_lower(text[i])))
			return false;
	}
	memcpy(d->service, text, len);
	d->service[len] = '\0';
	d->port = 0;
	return true;
}

/* What follows the name: nothing, ":" or ":port".  Postfix's host_port.c takes
 * the default for an empty port. */
static bool take_port(struct domain *d, const char *text, size_t len)
{
	uint32_t port = 0;

	if (len == 0)
		return true;
	if (*text++ != ':')
		return false;
	if (--len == 0)
		return true;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_digit(text[i]))
			return take_service(d, text, len);
		if (port <= UINT16_MAX)
			port = port * 10 + (uint32_t)(text[i] - '0');
	}
	if (port == 0 || port > UINT16_MAX)
		return false;
	d->port = (uint16_t)port;
	return true;
}

static void refuse(struct domain *d)
{
	d->kind = DOMAIN_REFUSED;
	d->name[0] = '\0';
	d->utf8 = false;
	d->port = DOMAIN_SMTP_PORT;
	d->service[0] = '\0';
}

void domain_parse(struct domain *d, const char *key, size_t len)
{
	enum domain_kind kind = DOMAIN_MX;
	const char *end;
	size_t name_len;

	refuse(d);
	if (len == 0)
		return;
	if (key[0] == '[') {
		kind = DOMAIN_HOST;
		key++;
		len--;
		end = memchr(key, ']', len);
		if (end == NULL)
			return;
	} else {
		end = memchr(key, ':', len);
	}
	name_len = end != NULL ? (size_t)(end - key) : len;
	if (!take_name(d, key, name_len)) {
		refuse(d);
		return;
	}
	if (kind == DOMAIN_HOST)
		name_len++; /* the bracket */
	if (take_port(d, key + name_len, len - name_len))
		d->kind = kind;
	else
		refuse(d);
}

bool domain_set_name(struct domain *d, const char *alabel)
{
	size_t len = strlen(alabel);

	if (!domain_is_hostname(alabel, len)) {
		refuse(d);
		return false;
	}
	memcpy(d->name, alabel, len + 1);
	d->utf8 = false;
	return true;
}

size_t domain_format_key(
    const struct domain *d, char buf[static DOMAIN_KEY_MAX + 1])
{
	bool host = d->kind == DOMAIN_HOST;
	const char *open = host ? "[" : "", *shut = host ? "]" : "";
	int n;

	if (d->service[0] != '\0')
		n = snprintf(buf, DOMAIN_KEY_MAX + 1, "%s%s%s:%s", open,
		    d->name, shut, d->service);
	else if (!host && d->port == DOMAIN_SMTP_PORT)
		n = snprintf(buf, DOMAIN_KEY_MAX + 1, "%s", d->name);
	else
		n = snprintf(buf, DOMAIN_KEY_MAX + 1, "%s%s%s:%u", open,
		    d->name, shut, d->port);
	return (size_t)n;
}

bool domain_match(const char *pattern, size_t pattern_len, const char *host)
{
	const char *rest = host;

	if (pattern_len > 2 && memcmp(pattern, "*.", 2) == 0) {
		rest = strchr(host, '.');
		if (rest == NULL || rest == host)
			return false;
		pattern++;
		pattern_len--;
	}
	return pattern_len > 0 && strlen(rest) == pattern_len &&
	       memcmp(rest, pattern, pattern_len) == 0;
}
