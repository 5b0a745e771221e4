/* sharelink: the connection to `share` (wire/share.h).
 * SPDX-License-Identifier: MIT */
#include "fleet/sharelink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "wire/netstring.h"

#define IN_MAX (SHARE_FRAME_MAX + NETSTRING_OVERHEAD)
#define OUT_MAX (2 * IN_MAX)

struct sharelink {
	const char *socket;
	int fd;		   /* -1: down */
	size_t queued;	   /* bytes of out */
	size_t got, taken; /* bytes of in; of these, handed out already */
	char *out, *in;	   /* allocated with the first frame */
};

struct sharelink *sharelink_open(const char *socket)
{
	struct sharelink *l = xcalloc(1, sizeof *l);

	l->socket = socket;
	l->fd = -1;
	return l;
}

static void hang_up(struct sharelink *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	l->queued = l->got = l->taken = 0;
}

void sharelink_close(struct sharelink *l)
{
	if (l == NULL)
		return;
	hang_up(l);
	free(l->out);
	free(l->in);
	free(l);
}

static bool go_up(struct sharelink *l)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (l->socket[0] == '\0' || strlen(l->socket) >= sizeof name.sun_path)
		return false;
	strcpy(name.sun_path, l->socket);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return false;
	/* A backlog that is full (EAGAIN) is nobody who answers in time. */
	if (connect(l->fd, (const struct sockaddr *)&name, sizeof name) != 0) {
		hang_up(l);
		return false;
	}
	return true;
}

static void allocate(struct sharelink *l)
{
	if (l->in != NULL)
		return;
	l->in = xmalloc(IN_MAX);
	l->out = xmalloc(OUT_MAX);
}

void sharelink_rest(struct sharelink *l)
{
	if (l->queued > 0 || l->got > l->taken)
		return;
	free(l->in);
	free(l->out);
	l->in = l->out = NULL;
	l->got = l->taken = 0;
}

/* One that left while nothing was asked. */
static bool has_hung_up(const struct sharelink *l)
{
	char byte;

	return recv(l->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Every program of ours ignores SIGPIPE. */
static void flush(struct sharelink *l)
{
	ssize_t n;

	if (l->queued == 0)
		return;
	n = write(l->fd, l->out, l->queued);
	/* An error shows as the end of what is read as well. */
	if (n > 0) {
		memmove(l->out, l->out + n, l->queued - (size_t)n);
		l->queued -= (size_t)n;
	}
}

bool sharelink_say(struct sharelink *l, const struct share_frame *f)
{
	static char frame[NETSTRING_HEAD_ROOM + SHARE_FRAME_MAX + 1];
	char *payload = frame + NETSTRING_HEAD_ROOM, *head;
	size_t len = share_format(f, payload);

	if (len == 0)
		return false;
	if (l->fd >= 0 && l->queued == 0 && l->got == l->taken &&
	    has_hung_up(l))
		hang_up(l);
	if (l->fd < 0 && !go_up(l))
		return false;
	allocate(l);
	head = netstring_format_head(frame, len);
	payload[len++] = ',';
	len += (size_t)(payload - head);
	if (OUT_MAX - l->queued < len)
		return false; /* it does not read: it is of no use */
	memcpy(l->out + l->queued, head, len);
	l->queued += len;
	flush(l);
	return true;
}

struct pollfd sharelink_poll(const struct sharelink *l)
{
	return (struct pollfd){.fd = l->fd,
	    .events = (short)(POLLIN | (l->queued > 0 ? POLLOUT : 0))};
}

enum sharelink_event sharelink_next(struct sharelink *l, struct share_frame *f)
{
	const char *payload;
	size_t len, used;
	ssize_t n;

	if (l->fd < 0)
		return SHARELINK_QUIET;
	allocate(l);
	flush(l);
	memmove(l->in, l->in + l->taken, l->got - l->taken);
	l->got -= l->taken;
	l->taken = 0;
	for (;;) {
		switch (netstring_parse(
		    l->in, l->got, SHARE_FRAME_MAX, &payload, &len, &used)) {
		case NETSTRING_WHOLE:
			l->taken = used;
			if (share_parse(f, payload, len))
				return SHARELINK_FRAME;
			hang_up(l);
			return SHARELINK_DOWN;
		case NETSTRING_BROKEN:
			hang_up(l);
			return SHARELINK_DOWN;
		case NETSTRING_PARTIAL:
			break;
		}
		n = read(l->fd, l->in + l->got, IN_MAX - l->got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return SHARELINK_QUIET;
		if (n <= 0) {
			hang_up(l);
			return SHARELINK_DOWN;
		}
		l->got += (size_t)n;
	}
}

bool sharelink_wait(struct sharelink *l, uint32_t seq, struct share_frame *f,
    int64_t deadline_ms)
{
	struct pollfd p;

	while (clock_left(deadline_ms) > 0) {
		switch (sharelink_next(l, f)) {
		case SHARELINK_FRAME:
			if (f->seq == seq)
				return true;
			break;
		case SHARELINK_QUIET:
			p = sharelink_poll(l);
			poll(&p, 1, clock_left(deadline_ms));
			break;
		case SHARELINK_DOWN:
			return false;
		}
	}
	return false;
}
