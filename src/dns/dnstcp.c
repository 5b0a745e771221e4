/* dnstcp: which name servers do not answer over TCP.
 * SPDX-License-Identifier: MIT */
#include "dns/dnstcp.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/xalloc.h"

/* Its length (RFC 1035 4.2.2); then ". SOA", with recursion desired. */
static const unsigned char query[] = {
    0, 17, 0x4d, 0x78, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1};
static const struct timeval limit = {.tv_sec = DNSTCP_SECONDS};

struct probe {
	struct dnstcp *all;
	struct event *event; /* NULL: over */
	int fd;
	char server[DNSCONF_SERVER_TEXT_MAX + 1];
};

struct dnstcp {
	struct event_base *base;
	const struct dns_config *config;
	size_t n; /* they stay, so that none is tested twice */
	struct probe probe[DNSCONF_SERVERS_MAX];
};

static void end(struct probe *p)
{
	if (p->event == NULL)
		return;
	event_free(p->event);
	p->event = NULL;
	close(p->fd);
}

static void tell(const struct probe *p, const char *why)
{
	char text[DNSCONF_SERVER_TEXT_MAX + 160];

	snprintf(text, sizeof text,
	    "name server %s does not answer over TCP (%s): mail to domains "
	    "with large DNS records or keys is deferred",
	    p->server, why);
	if (p->all->config->log != NULL)
		p->all->config->log(text);
}

static void on_answer(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	unsigned char first;
	ssize_t n = -1;

	if ((what & EV_READ) != 0)
		n = recv(fd, &first, 1, 0);
	if ((what & EV_READ) == 0)
		tell(p, "no answer to a question");
	else if (n <= 0)
		tell(p, n == 0 ? "it ends the connection" : strerror(errno));
	end(p);
}

static void on_connected(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	int err = 0;
	socklen_t len = sizeof err;

	if ((what & EV_WRITE) == 0)
		err = ETIMEDOUT;
	else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0 ||
		 (err == 0 && send(fd, query, sizeof query, MSG_NOSIGNAL) < 0))
		err = errno;
	if (err != 0) {
		tell(p, strerror(err));
		end(p);
		return;
	}
	xneed(event_assign(p->event, p->all->base, fd, EV_READ, on_answer, p) ==
		  0 &&
	      event_add(p->event, &limit) == 0);
}

static bool is_known(const struct dnstcp *t, const char *server)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->probe[i].server, server) == 0)
			return true;
	return false;
}

void dnstcp_test(struct dnstcp *t, const char *server)
{
	struct probe *p = &t->probe[t->n];
	struct sockaddr_storage addr;
	socklen_t len = dnsconf_address(server, &addr);

	if (len == 0 || t->n == DNSCONF_SERVERS_MAX || is_known(t, server))
		return;
	p->fd = socket(
	    addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return;
	t->n++;
	p->all = t;
	snprintf(p->server, sizeof p->server, "%s", server);
	p->event = event_new(t->base, p->fd, EV_WRITE, on_connected, p);
	xneed(p->event != NULL && event_add(p->event, &limit) == 0);
	if (connect(p->fd, (const struct sockaddr *)&addr, len) == 0 ||
	    errno == EINPROGRESS)
		return;
	tell(p, strerror(errno));
	end(p);
}

struct dnstcp *dnstcp_open(
    struct event_base *base, const struct dns_config *config)
{
	struct dnstcp *t = xcalloc(1, sizeof *t);

	t->base = base;
	t->config = config;
	return t;
}

void dnstcp_close(struct dnstcp *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n; i++)
		end(&t->probe[i]);
	free(t);
}
