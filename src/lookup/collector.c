/* collector: the socket of the TLSRPT collector.  Owns <tlsrpt.h>.
 * SPDX-License-Identifier: MIT */
#include "lookup/collector.h"

#include "config.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/xalloc.h"
#ifdef HAVE_LIBTLSRPT
#include <tlsrpt.h>
#endif

struct collector {
	struct sockaddr_un address;
#ifdef HAVE_LIBTLSRPT
	struct tlsrpt_connection_t *library;
#else
	int fd;
#endif
};

/* What an administrator can do about it. */
static const char *advice(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return ": is the collector running?";
	case EACCES:
		return ": this user must be able to write to it";
	case EPROTOTYPE:
	case ENOTSOCK:
		return ": is it the collector's datagram socket?";
	case EAGAIN:
		return ": the collector does not keep up";
	}
	return "";
}

static void explain(struct reason *why, const char *path, int err)
{
	reason_set(
	    why, "tlsrpt-socket %s: %s%s", path, strerror(err), advice(err));
}

#ifdef HAVE_LIBTLSRPT

static bool open_socket(struct collector *c, struct reason *why)
{
	const char *path = c->address.sun_path;
	int err = tlsrpt_open(&c->library, path);

	if (err != 0)
		explain(why, path, tlsrpt_errno_from_error_code(err));
	return err == 0;
}

static void close_socket(struct collector *c)
{
	if (c->library != NULL)
		(void)tlsrpt_close(&c->library);
}

static tlsrpt_failure_t failure_code(enum sts_failure failure)
{
	switch (failure) {
	case STS_FAILURE_INVALID:
		return TLSRPT_STS_POLICY_INVALID;
	case STS_FAILURE_WEBPKI:
		return TLSRPT_STS_WEBPKI_INVALID;
	case STS_FAILURE_NONE:
	case STS_FAILURE_FETCH:
		break;
	}
	return TLSRPT_STS_POLICY_FETCH_ERROR;
}

/* The library keeps the first error and returns it from the last call, which
 * then sends nothing. */
bool collector_send(
    struct collector *c, const struct datagram *d, struct reason *why)
{
	const char *path = c->address.sun_path;
	struct tlsrpt_dr_t *dr = NULL;
	int err;

	err =
	    tlsrpt_init_delivery_request(&dr, c->library, d->domain, d->record);
	if (err == 0) {
		(void)tlsrpt_init_policy(dr, TLSRPT_POLICY_STS, d->domain);
		(void)tlsrpt_add_delivery_request_failure(dr,
		    failure_code(d->failure), NULL, NULL, NULL, NULL, NULL,
		    d->detail);
		(void)tlsrpt_finish_policy(dr, TLSRPT_FINAL_FAILURE);
		err = tlsrpt_finish_delivery_request(&dr);
	}
	if (err == 0)
		return true;
	if (tlsrpt_error_code_is_internal(err))
		reason_set(
		    why, "tlsrpt-socket %s: %s", path, tlsrpt_strerror(err));
	else
		explain(why, path, tlsrpt_errno_from_error_code(err));
	return false;
}

#else

static bool open_socket(struct collector *c, struct reason *why)
{
	c->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		explain(why, c->address.sun_path, errno);
	return c->fd >= 0;
}

static void close_socket(struct collector *c)
{
	if (c->fd >= 0)
		close(c->fd);
}

bool collector_send(
    struct collector *c, const struct datagram *d, struct reason *why)
{
	static char text[DATAGRAM_MAX];
	const char *path = c->address.sun_path;
	size_t len = datagram_format(d, text);

	if (len == 0) {
		reason_set(
		    why, "tlsrpt-socket %s: the report is too long", path);
		return false;
	}
	if (sendto(c->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		(const struct sockaddr *)&c->address, sizeof c->address) >= 0)
		return true;
	explain(why, path, errno);
	return false;
}

#endif

struct collector *collector_open(const char *path, struct reason *why)
{
	struct collector *c = xcalloc(1, sizeof *c);
	size_t len = strlen(path);

	if (len >= sizeof c->address.sun_path) {
		reason_set(why,
		    "tlsrpt-socket: the path is longer than %zu "
		    "bytes",
		    sizeof c->address.sun_path - 1);
		free(c);
		return NULL;
	}
	c->address.sun_family = AF_UNIX;
	memcpy(c->address.sun_path, path, len + 1);
	if (open_socket(c, why))
		return c;
	free(c);
	return NULL;
}

void collector_close(struct collector *c)
{
	if (c == NULL)
		return;
	close_socket(c);
	free(c);
}
