/* probe: one conversation with a mail host, as Postfix begins it, but no mail.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "wire/smtp.h"

#define COMMAND_MAX 512 /* RFC 5321 4.5.3.1.4 */

enum step {
	STEP_CONNECT,
	STEP_GREETING,
	STEP_EHLO,
	STEP_HELO,
	STEP_STARTTLS,
	STEP_HANDSHAKE,
	STEP_EHLO_TLS,
	STEP_DONE,
};

/* Postfix's words for what it was doing. */
static const char *const doing[] = {
    [STEP_CONNECT] = "connecting",
    [STEP_GREETING] = "receiving the initial server greeting",
    [STEP_EHLO] = "performing the EHLO handshake",
    [STEP_HELO] = "performing the HELO handshake",
    [STEP_STARTTLS] = "receiving the STARTTLS response",
    [STEP_HANDSHAKE] = "performing the TLS handshake",
    [STEP_EHLO_TLS] = "performing the EHLO handshake",
    [STEP_DONE] = "",
};

struct probe {
	struct probe_target t;
	int fd;
	enum step step;
	struct tls *tls; /* from STARTTLS on */
	char out[COMMAND_MAX];
	size_t out_len, sent;
	char in[SMTP_REPLY_MAX];
	size_t in_len;
	struct smtp_reply reply;
	struct probe_result result;
};

/* ---- the end ---- */

static void finish(struct probe *p, enum probe_end end)
{
	p->result.end = end;
	p->step = STEP_DONE;
	tls_close(p->tls);
	p->tls = NULL;
	close(p->fd);
	p->fd = -1;
}

/* What a lost connection means depends on the step. */
static enum probe_end end_of(enum step step)
{
	switch (step) {
	case STEP_CONNECT:
		return PROBE_UNREACHED;
	case STEP_GREETING:
	case STEP_EHLO:
	case STEP_HELO:
	case STEP_STARTTLS:
		return PROBE_REFUSED;
	case STEP_HANDSHAKE:
		return PROBE_NO_TLS;
	case STEP_EHLO_TLS:
	case STEP_DONE:
		break;
	}
	return PROBE_LOST;
}

static void lose(struct probe *p, const char *what)
{
	reason_set(&p->result.why, "%s while %s", what, doing[p->step]);
	finish(p, end_of(p->step));
}

static void lose_connect(struct probe *p, int error)
{
	reason_set(&p->result.why, "%s", strerror(error));
	finish(p, PROBE_UNREACHED);
}

/* ---- commands ---- */

static void command(
    struct probe *p, enum step next, const char *verb, const char *name)
{
	int n = snprintf(p->out, sizeof p->out, "%s%s%s\r\n", verb,
	    name[0] != '\0' ? " " : "", name);

	p->out_len = (size_t)n < sizeof p->out ? (size_t)n : 0;
	p->sent = 0;
	p->step = next;
}

/* It is only polite: what cannot be sent at once is not sent. */
static void quit(struct probe *p)
{
	static const char text[] = "QUIT\r\n";
	size_t n;

	if (p->tls != NULL)
		(void)tls_send(p->tls, text, sizeof text - 1, &n);
	else if (send(p->fd, text, sizeof text - 1, MSG_NOSIGNAL) < 0)
		return;
}

static void refuse(struct probe *p, enum probe_end end, const char *what)
{
	char text[REASON_MAX + 1];

	snprintf(text, sizeof text, "%.*s", REASON_MAX, p->reply.text);
	for (char *c = text; *c != '\0'; c++)
		if (*c == '\n')
			*c = ' ';
	reason_set(&p->result.why, "%s: %d %s", what, p->reply.code, text);
	quit(p);
	finish(p, end);
}

/* ---- replies ---- */

static void start_tls(struct probe *p)
{
	char peek;

	/* CVE-2011-0411: somebody in between could inject replies that seem to
	 * have come encrypted. */
	if (p->in_len > p->reply.size ||
	    recv(p->fd, &peek, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		reason_set(&p->result.why,
		    "plain text after the reply to STARTTLS "
		    "(CVE-2011-0411)");
		finish(p, PROBE_INJECTED);
		return;
	}
	p->tls = tls_open(p->fd, p->t.sni, p->t.keys);
	p->step = STEP_HANDSHAKE;
}

static void take_ehlo(struct probe *p, bool good)
{
	/* For Postfix all but 421 means that EHLO is not supported. */
	if (!good && p->reply.code != 421) {
		command(p, STEP_HELO, "HELO", p->t.ehlo);
	} else if (!good) {
		refuse(p, PROBE_REFUSED, "host refused to talk to me");
	} else if (smtp_offers(&p->reply, "STARTTLS")) {
		p->result.offered = true;
		command(p, STEP_STARTTLS, "STARTTLS", "");
	} else {
		reason_set(&p->result.why, "STARTTLS is not offered");
		quit(p);
		finish(p, PROBE_PLAIN);
	}
}

static void take_reply(struct probe *p)
{
	bool good = p->reply.code / 100 == 2;

	switch (p->step) {
	case STEP_GREETING:
		if (good)
			command(p, STEP_EHLO, "EHLO", p->t.ehlo);
		else
			refuse(p, PROBE_REFUSED, "host refused to talk to me");
		break;
	case STEP_EHLO:
		take_ehlo(p, good);
		break;
	case STEP_HELO:
		if (!good) {
			refuse(p, PROBE_REFUSED, "host refused to talk to me");
			break;
		}
		reason_set(&p->result.why,
		    "STARTTLS is not offered (EHLO is not supported)");
		quit(p);
		finish(p, PROBE_PLAIN);
		break;
	case STEP_STARTTLS:
		if (good)
			start_tls(p);
		else
			refuse(p, PROBE_PLAIN, "host refused to start TLS");
		break;
	case STEP_EHLO_TLS:
		if (!good) {
			refuse(p, PROBE_LOST, "host refused to talk to me");
			break;
		}
		quit(p);
		finish(p, PROBE_TLS);
		break;
	case STEP_CONNECT:
	case STEP_HANDSHAKE:
	case STEP_DONE:
		break;
	}
}

/* ---- moving ---- */

static enum tls_step put(struct probe *p, size_t *n)
{
	const char *at = p->out + p->sent;
	size_t len = p->out_len - p->sent;
	ssize_t rc;

	if (p->tls != NULL)
		return tls_send(p->tls, at, len, n);
	rc = send(p->fd, at, len, MSG_NOSIGNAL);
	*n = rc > 0 ? (size_t)rc : 0;
	if (rc >= 0)
		return TLS_DONE;
	return errno == EAGAIN || errno == EINTR ? TLS_AGAIN : TLS_FAILED;
}

static enum tls_step get(struct probe *p, size_t *n)
{
	char *at = p->in + p->in_len;
	size_t room = sizeof p->in - p->in_len;
	ssize_t rc;

	if (p->tls != NULL)
		return tls_receive(p->tls, at, room, n);
	rc = recv(p->fd, at, room, 0);
	*n = rc > 0 ? (size_t)rc : 0;
	if (rc >= 0)
		return TLS_DONE;
	return errno == EAGAIN || errno == EINTR ? TLS_AGAIN : TLS_FAILED;
}

/* Send what is pending, read what is there.  false: it has to wait. */
static bool talk(struct probe *p)
{
	enum tls_step moved;
	size_t n;

	while (p->sent < p->out_len) {
		moved = put(p, &n);
		if (moved == TLS_AGAIN)
			return false;
		if (moved == TLS_FAILED) {
			lose(p, "lost connection");
			return true;
		}
		p->sent += n;
	}
	switch (smtp_parse(&p->reply, p->in, p->in_len)) {
	case SMTP_REPLY:
		take_reply(p);
		/* Like Postfix, take what comes too early as the next
		 * reply. */
		p->in_len -= p->reply.size;
		memmove(p->in, p->in + p->reply.size, p->in_len);
		return true;
	case SMTP_BAD:
		lose(p, "no SMTP reply");
		return true;
	case SMTP_MORE:
		break;
	}
	moved = get(p, &n);
	if (moved == TLS_AGAIN)
		return false;
	if (moved == TLS_FAILED || n == 0)
		lose(p, "lost connection");
	p->in_len += n;
	return true;
}

static bool connected(struct probe *p)
{
	int error = 0;
	socklen_t len = sizeof error;
	struct pollfd fd = {.fd = p->fd, .events = POLLOUT};

	if (poll(&fd, 1, 0) == 0)
		return false;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	if (error != 0)
		lose_connect(p, error);
	else
		p->step = STEP_GREETING;
	return true;
}

static bool handshake(struct probe *p)
{
	struct reason why = {0};

	switch (tls_handshake(p->tls, &why)) {
	case TLS_AGAIN:
		return false;
	case TLS_FAILED:
		reason_set(&p->result.why,
		    "Cannot start TLS: handshake failure (%s)", why.text);
		finish(p, PROBE_NO_TLS);
		break;
	case TLS_DONE:
		tls_get_peer(p->tls, &p->result.peer);
		command(p, STEP_EHLO_TLS, "EHLO", p->t.ehlo);
		break;
	}
	return true;
}

void probe_handle(struct probe *p)
{
	bool moved = true;

	while (moved && p->step != STEP_DONE) {
		if (clock_ms() >= p->t.deadline) {
			if (p->step == STEP_CONNECT)
				lose_connect(p, ETIMEDOUT);
			else
				lose(p, "conversation timed out");
		} else if (p->step == STEP_CONNECT) {
			moved = connected(p);
		} else if (p->step == STEP_HANDSHAKE) {
			moved = handshake(p);
		} else {
			moved = talk(p);
		}
	}
}

void probe_poll(const struct probe *p, struct pollfd *fd)
{
	bool out = p->step == STEP_CONNECT || p->sent < p->out_len;

	if (p->tls != NULL)
		out = tls_writes(p->tls);
	*fd = (struct pollfd){.fd = p->fd, .events = out ? POLLOUT : POLLIN};
}

struct probe *probe_open(const struct probe_target *t)
{
	struct probe *p = xcalloc(1, sizeof *p);

	p->t = *t;
	p->fd = socket(
	    t->addr->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->fd < 0 ||
	    (connect(p->fd, t->addr, t->addr_len) < 0 && errno != EINPROGRESS))
		lose_connect(p, errno);
	return p;
}

void probe_close(struct probe *p)
{
	if (p == NULL)
		return;
	if (p->step != STEP_DONE)
		finish(p, PROBE_UNREACHED);
	peer_clear(&p->result.peer);
	free(p);
}

const struct probe_result *probe_result(const struct probe *p)
{
	return p->step == STEP_DONE ? &p->result : NULL;
}
