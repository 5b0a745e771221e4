/* dnsconf: which name servers are used, and which trust anchor.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsconf.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "policy/anchor.h"
#include "policy/loopback.h"

#define RESOLV_CONF_MAX 65536
#define TLS_PREFIX "tls://"
#define DNS_PORT 53
#define TLS_PORT "@853" /* RFC 7858 3.1 */

/* https://data.iana.org/root-anchors/root-anchors.xml: KSK-2017, KSK-2024 */
const char *const dnsconf_anchors[] = {
    ". IN DS 20326 8 2 "
    "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". IN DS 38696 8 2 "
    "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
    NULL,
};

const char *dnsconf_anchor_file(void)
{
	for (size_t i = 0; anchor_files[i] != NULL; i++)
		if (access(anchor_files[i], R_OK) == 0)
			return anchor_files[i];
	return NULL;
}

static bool is_port(const char *text)
{
	char *end;
	long port;

	if (!isdigit((unsigned char)text[0]) || strlen(text) > 5)
		return false;
	port = strtol(text, &end, 10);
	return *end == '\0' && port >= 1 && port <= 65535;
}

/* Is it address[%scope][@port][#name], as libunbound accepts it? */
static bool is_server(const char *text, bool tls)
{
	char copy[DNSCONF_SERVER_TEXT_MAX + 1], *name, *port, *scope;
	struct in6_addr addr;

	snprintf(copy, sizeof copy, "%s", text);
	name = strchr(copy, '#');
	if (name != NULL) {
		*name++ = '\0';
		if (!tls || *name == '\0')
			return false;
	}
	port = strchr(copy, '@');
	if (port != NULL) {
		*port++ = '\0';
		if (!is_port(port))
			return false;
	}
	scope = strchr(copy, '%');
	if (scope != NULL) {
		*scope++ = '\0';
		return *scope != '\0' && inet_pton(AF_INET6, copy, &addr) == 1;
	}
	return inet_pton(AF_INET, copy, &addr) == 1 ||
	       inet_pton(AF_INET6, copy, &addr) == 1;
}

static bool add(struct dnsconf *c, const char *text)
{
	if (c->n >= DNSCONF_SERVERS_MAX)
		return true;
	if (strlen(text) > DNSCONF_SERVER_TEXT_MAX - strlen(TLS_PORT) ||
	    !is_server(text, c->tls))
		return false;
	if (c->tls && strchr(text, '@') == NULL) {
		int addr = (int)strcspn(text, "#"); /* it is short */

		snprintf(c->server[c->n], sizeof(c->server[c->n]),
		    "%.*s" TLS_PORT "%s", addr, text, text + addr);
	} else {
		snprintf(c->server[c->n], sizeof(c->server[c->n]), "%s", text);
	}
	c->n++;
	return true;
}

bool dnsconf_parse(struct dnsconf *c, const char *text, struct reason *why)
{
	char copy[1024], *rest = copy, *word;
	struct dnsconf parsed = {0};
	size_t tls = 0, all = 0;

	if (strlen(text) >= sizeof copy) {
		reason_fail(why, CAUSE_DNS_SETTINGS,
		    "resolver: longer than %zu bytes", sizeof copy - 1);
		return false;
	}
	memcpy(copy, text, strlen(text) + 1);
	while ((word = strsep(&rest, " \t,")) != NULL) {
		bool is_tls =
		    strncmp(word, TLS_PREFIX, strlen(TLS_PREFIX)) == 0;

		if (*word == '\0')
			continue;
		all++;
		if (strcmp(word, "recursive") == 0) {
			parsed.recursive = true;
			continue;
		}
		parsed.tls = is_tls;
		tls += is_tls;
		if (!add(&parsed, is_tls ? word + strlen(TLS_PREFIX) : word)) {
			reason_fail(why, CAUSE_DNS_SETTINGS,
			    "resolver: \"%s\" is not an address", word);
			return false;
		}
	}
	if (tls > 0 && tls != all) {
		reason_fail(why, CAUSE_DNS_SETTINGS,
		    "resolver: either all servers use DNS over TLS or none");
		return false;
	}
	if (all == 0 || (parsed.recursive && all > 1)) {
		reason_fail(why, CAUSE_DNS_SETTINGS,
		    "resolver: expected addresses, or \"recursive\" alone");
		return false;
	}
	*c = parsed;
	return true;
}

void dnsconf_parse_resolv_conf(struct dnsconf *c, const char *text)
{
	static const char keyword[] = "nameserver";
	struct dnsconf parsed = {0};

	while (*text != '\0') {
		size_t line = strcspn(text, "\n");
		const char *at;
		char word[DNSCONF_SERVER_TEXT_MAX + 1];
		size_t len;

		if (line > strlen(keyword) &&
		    strncmp(text, keyword, strlen(keyword)) == 0 &&
		    (text[strlen(keyword)] == ' ' ||
			text[strlen(keyword)] == '\t')) {
			at = text + strlen(keyword);
			at += strspn(at, " \t");
			len = strcspn(at, " \t\r\n");
			if (len > 0 && len < sizeof word) {
				memcpy(word, at, len);
				word[len] = '\0';
				(void)add(&parsed, word);
			}
		}
		text += line + (text[line] == '\n');
	}
	if (parsed.n == 0)
		(void)add(&parsed, "127.0.0.1");
	*c = parsed;
}

void dnsconf_read_system(struct dnsconf *c)
{
	static char text[RESOLV_CONF_MAX];
	size_t len = 0;
	ssize_t n;
	int fd = open(DNSCONF_RESOLV_CONF, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == EACCES)
		len = strlen(text);
	if (fd >= 0) {
		while (len < sizeof text - 1 &&
		       (n = read(fd, text + len, sizeof text - 1 - len)) > 0)
			len += (size_t)n;
		close(fd);
	}
	text[len] = '\0';
	dnsconf_parse_resolv_conf(c, text);
}

void dnsconf_format(const struct dnsconf *c, char *buf, size_t size)
{
	size_t used = 0;

	snprintf(buf, size, "%s", c->recursive ? "the root servers" : "");
	for (size_t i = 0; i < c->n && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
		    i > 0 ? ", " : "", c->server[i]);
}

socklen_t dnsconf_address(const char *server, struct sockaddr_storage *to)
{
	struct sockaddr_in four = {.sin_family = AF_INET};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6};
	char text[DNSCONF_SERVER_TEXT_MAX + 1], *at;
	uint16_t port = htons(DNS_PORT);

	snprintf(text, sizeof text, "%s", server);
	at = strchr(text, '@');
	if (at != NULL) {
		*at++ = '\0';
		port = htons((uint16_t)strtol(at, NULL, 10));
	}
	if (inet_pton(AF_INET, text, &four.sin_addr) == 1) {
		four.sin_port = port;
		memcpy(to, &four, sizeof four);
		return sizeof four;
	}
	if (inet_pton(AF_INET6, text, &six.sin6_addr) != 1)
		return 0;
	six.sin6_port = port;
	memcpy(to, &six, sizeof six);
	return sizeof six;
}

bool dnsconf_is_loopback(const struct dnsconf *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->tls || !loopback_is_server(c->server[i]))
			return false;
	return c->n > 0 && !c->recursive;
}
