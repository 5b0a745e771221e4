/* channel: the client's end of a connection, with its time limits.
 * SPDX-License-Identifier: MIT */
#include "serve/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/clock.h"
#include "serve/pool.h"

#define READS_BETWEEN_LOOKS 32 /* at the parent, in a stream of requests */

void channel_init(struct channel *c, int in, int out, struct refresh *refresh,
    struct store *store, uint32_t idle)
{
	struct timeval limit = {.tv_usec = CHANNEL_QUIET_MS * 1000};

	*c = (struct channel){.in = in,
	    .out = out,
	    .refresh = refresh,
	    .store = store,
	    .idle_ms = idle * 1000};
	/* A read with a time limit, in place of poll() and read(); pipes have
	 * none. */
	c->may_block = setsockopt(in, SOL_SOCKET, SO_RCVTIMEO, &limit,
			   sizeof limit) == 0 &&
		       (fcntl(in, F_GETFL) & O_NONBLOCK) == 0;
}

/* Wait for `events` of a descriptor, or for what lookups find.  false: the
 * time is over. */
static bool wait_for(
    struct channel *c, int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd p[2 + REFRESH_POLLS] = {
		    {.fd = fd, .events = events},
		    {.fd = pool_life(), .events = POLLIN}};
		int left = clock_left(deadline_ms), wait = left, ready;

		if (store_is_unsynced(c->store) && wait > CHANNEL_SYNC_MS)
			wait = CHANNEL_SYNC_MS;
		refresh_poll(c->refresh, p + 2);
		ready = poll(p, 2 + REFRESH_POLLS, wait);
		if (ready > 0 && p[1].revents != 0)
			pool_leave();
		if (ready > 0 && p[0].revents != 0)
			return true;
		refresh_handle(c->refresh);
		if (left == 0)
			return false;
		if (ready == 0 && store_sync_is_due(c->store))
			store_sync(c->store);
	}
}

enum channel_result channel_read(
    struct channel *c, char *buf, size_t size, size_t *got, int64_t deadline_ms)
{
	bool quiet = deadline_ms == 0 && refresh_in_flight(c->refresh) == 0;
	ssize_t n;

	if (++c->reads % READS_BETWEEN_LOOKS == 0)
		pool_look();
	pool_silent(deadline_ms == 0);
	if (deadline_ms == 0)
		deadline_ms = clock_ms() + c->idle_ms;
	for (;;) {
		if (!(c->may_block && quiet) &&
		    !wait_for(c, c->in, POLLIN, deadline_ms))
			return CHANNEL_LATE;
		n = read(c->in, buf, size);
		if (n > 0) {
			pool_silent(false);
			*got = (size_t)n;
			return CHANNEL_DATA;
		}
		if (n == 0)
			return CHANNEL_CLOSED;
		if (errno != EAGAIN && errno != EINTR)
			return CHANNEL_LOST;
		if (quiet)
			refresh_rest(c->refresh);
		quiet = false;
	}
}

/* Pipes do not know MSG_DONTWAIT; they are for tests and for people. */
static ssize_t send_some(const struct channel *c, const char *p, size_t len)
{
	ssize_t n = send(c->out, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);

	return n < 0 && errno == ENOTSOCK ? write(c->out, p, len) : n;
}

bool channel_write(struct channel *c, const char *p, size_t len)
{
	int64_t deadline = 0;

	while (len > 0) {
		ssize_t n = send_some(c, p, len);

		if (n >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return false;
		if (deadline == 0)
			deadline = clock_ms() + CHANNEL_WRITE_MS;
		if (!wait_for(c, c->out, POLLOUT, deadline))
			return false;
	}
	return true;
}
