/* shareurl: where a shared cache is, as the settings write it.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_WIRE_SHAREURL_H
#define MXPOLICY_WIRE_SHAREURL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "policy/reason.h"

#define SHAREURL_HOST_MAX 253
#define SHAREURL_HOSTS_MAX 8
#define SHAREURL_PATH_MAX 107 /* sun_path of unix(7) */
#define SHAREURL_NAME_MAX 63
#define SHAREURL_DB_MAX 65535

#define SHAREURL_PORT 6379
#define SHAREURL_SENTINEL_PORT 26379

enum shareurl_kind {
	SHAREURL_TCP,	   /* redis://HOST[:PORT][/DB] */
	SHAREURL_TLS,	   /* rediss://HOST[:PORT][/DB] */
	SHAREURL_UNIX,	   /* unix:PATH */
	SHAREURL_SENTINEL, /* sentinel://HOST[:PORT],.../NAME[/DB] */
};

struct shareurl_host {
	char name[SHAREURL_HOST_MAX + 1]; /* or an address, without brackets */
	uint16_t port;
};

struct shareurl {
	enum shareurl_kind kind;
	struct shareurl_host hosts[SHAREURL_HOSTS_MAX];
	size_t n_hosts; /* 1 but for a sentinel; 0 for a path */
	char path[SHAREURL_PATH_MAX + 1];
	char name[SHAREURL_NAME_MAX + 1]; /* of what a sentinel watches */
	uint32_t db;
};

/* false: why says what is wrong with it. */
bool shareurl_parse(struct shareurl *u, const char *text, struct reason *why)
    __attribute__((warn_unused_result));

#endif
