/* socket: is it mxpolicy that answers on a socket?
 * SPDX-License-Identifier: MIT */
#include "verb/check/socket.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "wire/netstring.h"
#include "wire/request.h"

#define REPLY_ROOM 512 /* how much of a reply is looked at */

static int connect_to(int family, const struct sockaddr *to, socklen_t len)
{
	const struct timeval limit = {.tv_sec = CHECKSOCKET_SECONDS};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -1;
	/* The time limit for sending holds for connect() as well. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
	if (connect(fd, to, len) == 0)
		return fd;
	err = errno == EINPROGRESS ? ETIMEDOUT : errno;
	close(fd);
	errno = err;
	return -1;
}

static int connect_inet(
    const struct maincf_table *t, char why[static MAINCF_NAME_MAX + 1])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	int rc = getaddrinfo(t->host, t->port, &hints, &list), fd = -1;

	if (rc != 0) {
		snprintf(why, MAINCF_NAME_MAX + 1, "%s", gai_strerror(rc));
		return -1;
	}
	for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next)
		fd = connect_to(a->ai_family, a->ai_addr, a->ai_addrlen);
	if (fd < 0)
		snprintf(why, MAINCF_NAME_MAX + 1, "%s", strerror(errno));
	freeaddrinfo(list);
	return fd;
}

static int connect_unix(
    const struct maincf_table *t, char why[static MAINCF_NAME_MAX + 1])
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = -1;

	errno = ENAMETOOLONG;
	if (strlen(t->path) < sizeof to.sun_path) {
		strcpy(to.sun_path, t->path);
		fd = connect_to(AF_UNIX, (struct sockaddr *)&to, sizeof to);
	}
	if (fd < 0)
		snprintf(why, MAINCF_NAME_MAX + 1, "%s", strerror(errno));
	return fd;
}

/* One question and the beginning of its answer. */
static bool ask(int fd, const char *map, char reply[static REPLY_ROOM],
    char why[static MAINCF_NAME_MAX + 1])
{
	char text[MAINCF_NAME_MAX + 64], in[REPLY_ROOM];
	int len = snprintf(text, sizeof text, "%zu:" REQUEST_SELF_MAP " %s,",
	    strlen(REQUEST_SELF_MAP " ") + strlen(map), map);
	const char *payload;
	size_t got = 0, size, used;

	errno = 0;
	if (send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		goto fail;
	for (;;) {
		ssize_t n;

		switch (netstring_parse(
		    in, got, REPLY_ROOM - 1, &payload, &size, &used)) {
		case NETSTRING_WHOLE:
			memcpy(reply, payload, size);
			reply[size] = '\0';
			return true;
		case NETSTRING_BROKEN:
			snprintf(why, MAINCF_NAME_MAX + 1,
			    "what answers does not speak socketmap");
			return false;
		case NETSTRING_PARTIAL:
			break;
		}
		n = got < sizeof in ? recv(fd, in + got, sizeof in - got, 0)
				    : -1;
		if (n <= 0) {
			if (n == 0)
				errno = ECONNRESET;
			goto fail;
		}
		got += (size_t)n;
	}
fail:
	if (errno == EAGAIN)
		errno = ETIMEDOUT;
	snprintf(why, MAINCF_NAME_MAX + 1, "%s", strerror(errno));
	return false;
}

enum checksocket checksocket_ask(const struct maincf_table *t, int64_t *us,
    char why[static MAINCF_NAME_MAX + 1])
{
	enum checksocket result = CHECKSOCKET_FAILED;
	int64_t began = clock_us();
	char reply[REPLY_ROOM];
	int fd = t->kind == MAINCF_UNIX ? connect_unix(t, why)
					: connect_inet(t, why);

	*us = 0;
	if (fd < 0)
		return result;
	if (ask(fd, t->map, reply, why)) {
		*us = clock_us() - began;
		if (strcmp(reply, REQUEST_SELF_REPLY) == 0)
			result = CHECKSOCKET_OURS;
		else if (strcmp(reply, REQUEST_SELF_NO_MAP) == 0)
			result = CHECKSOCKET_NO_MAP;
		else
			result = CHECKSOCKET_OTHER;
	}
	close(fd);
	return result;
}
