/* shareurl: where a shared cache is, as the settings write it.
 * SPDX-License-Identifier: MIT */
#include "wire/shareurl.h"

#include <string.h>
#include "base/ascii.h"

static const struct {
	const char *prefix;
	enum shareurl_kind kind;
	uint16_t port;
} schemes[] = {
    {"redis://", SHAREURL_TCP, SHAREURL_PORT},
    {"rediss://", SHAREURL_TLS, SHAREURL_PORT},
    {"unix:", SHAREURL_UNIX, 0},
    {"sentinel://", SHAREURL_SENTINEL, SHAREURL_SENTINEL_PORT},
};

/* The front of a text, up to one of some bytes or its end. */
struct part {
	const char *at;
	size_t len;
};

static struct part take(const char **rest, const char *until)
{
	struct part p = {*rest, strcspn(*rest, until)};

	*rest += p.len;
	return p;
}

static bool copy(struct part p, char *to, size_t size)
{
	if (p.len == 0 || p.len >= size)
		return false;
	memcpy(to, p.at, p.len);
	to[p.len] = '\0';
	return true;
}

static bool to_number(struct part p, uint32_t max, uint32_t *v)
{
	*v = 0;
	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < '0' || p.at[i] > '9')
			return false;
		*v = *v * 10 + (uint32_t)(p.at[i] - '0');
		if (*v > max)
			return false;
	}
	return p.len > 0;
}

static bool is_host(struct part p)
{
	for (size_t i = 0; i < p.len; i++)
		if (!ascii_is_alnum(p.at[i]) &&
		    strchr("-._:%", p.at[i]) == NULL)
			return false;
	return true;
}

/* HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT, up to ',' or '/'. */
static bool take_host(
    const char **rest, uint16_t port, struct shareurl_host *host)
{
	struct part name;
	uint32_t number;

	if (**rest == '[') {
		++*rest;
		name = take(rest, "]");
		if (**rest != ']')
			return false;
		++*rest;
	} else {
		name = take(rest, ":,/");
	}
	host->port = port;
	if (**rest == ':') {
		++*rest;
		if (!to_number(take(rest, ",/"), UINT16_MAX, &number) ||
		    number == 0)
			return false;
		host->port = (uint16_t)number;
	}
	return is_host(name) && copy(name, host->name, sizeof host->name) &&
	       strchr(",/", **rest) != NULL;
}

static bool take_hosts(struct shareurl *u, const char **rest, uint16_t port)
{
	for (;;) {
		if (u->n_hosts == SHAREURL_HOSTS_MAX ||
		    !take_host(rest, port, &u->hosts[u->n_hosts]))
			return false;
		u->n_hosts++;
		if (**rest != ',')
			return true;
		if (u->kind != SHAREURL_SENTINEL)
			return false;
		++*rest;
	}
}

static bool take_db(struct shareurl *u, const char **rest)
{
	if (**rest == '/') {
		++*rest;
		if (**rest != '\0' &&
		    !to_number(take(rest, ""), SHAREURL_DB_MAX, &u->db))
			return false;
	}
	return **rest == '\0';
}

static bool take_all(struct shareurl *u, const char *rest, uint16_t port)
{
	if (u->kind == SHAREURL_UNIX)
		return rest[0] == '/' && copy((struct part){rest, strlen(rest)},
					     u->path, sizeof u->path);
	if (!take_hosts(u, &rest, port))
		return false;
	if (u->kind == SHAREURL_SENTINEL) {
		if (*rest != '/')
			return false;
		rest++;
		if (!copy(take(&rest, "/"), u->name, sizeof u->name))
			return false;
	}
	return take_db(u, &rest);
}

bool shareurl_parse(struct shareurl *u, const char *text, struct reason *why)
{
	memset(u, 0, sizeof *u);
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t len = strlen(schemes[i].prefix);

		if (strncmp(text, schemes[i].prefix, len) != 0)
			continue;
		u->kind = schemes[i].kind;
		if (take_all(u, text + len, schemes[i].port))
			return true;
	}
	reason_set(why,
	    "\"%.80s\" is none of redis://HOST:PORT/DB, rediss://..., "
	    "unix:/PATH, sentinel://HOST:PORT,.../NAME",
	    text);
	return false;
}
