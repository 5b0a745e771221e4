/* scrape: one HTTP request for the metrics, on a connection.
 * SPDX-License-Identifier: MIT */
#include "verb/metrics/scrape.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "wire/http.h"

#define DRAIN_MS 1000	/* how long to read what a client still sends */
#define DRAIN_MAX 65536 /* and how much of it */
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"

struct scrape {
	size_t len;
	char head[HTTP_HEAD_MAX];
};

/* Wait until fd is ready; false: the time is up. */
static bool wait_for(int fd, short events, int64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = events};
	int ready;

	do {
		ready = poll(&p, 1, clock_left(deadline));
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

/* PARTIAL: there is no more, or no room for more. */
static enum http read_request(struct scrape *s, struct http_request *r)
{
	int64_t deadline = clock_ms() + SCRAPE_READ_MS;
	enum http state = HTTP_PARTIAL;

	while (state == HTTP_PARTIAL && s->len < sizeof s->head &&
	       wait_for(STDIN_FILENO, POLLIN, deadline)) {
		ssize_t n = read(
		    STDIN_FILENO, s->head + s->len, sizeof s->head - s->len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			break;
		s->len += (size_t)n;
		state = http_parse_request(r, s->head, s->len);
	}
	return state;
}

static void write_all(const char *p, size_t len, int64_t deadline)
{
	while (len > 0 && wait_for(STDOUT_FILENO, POLLOUT, deadline)) {
		ssize_t n = write(STDOUT_FILENO, p, len);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

static void respond(const char *status, const char *more, const char *type,
    const char *body, size_t len, bool head_only)
{
	int64_t deadline = clock_ms() + SCRAPE_WRITE_MS;
	char head[512];
	int n = snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\n%sContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nConnection: close\r\n\r\n",
	    status, more, type, len);

	write_all(head, (size_t)n, deadline);
	if (!head_only)
		write_all(body, len, deadline);
}

static void refuse(const char *status, const char *more, bool head_only)
{
	char body[64];
	int n = snprintf(body, sizeof body, "%s\n", status);

	respond(status, more, TYPE_TEXT, body, (size_t)n, head_only);
}

static void give(void (*body)(void *arg, FILE *to), void *arg, bool head_only)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	xneed(to != NULL);
	body(arg, to);
	xneed(fclose(to) == 0);
	respond("200 OK", "", TYPE_METRICS, text, len, head_only);
	free(text);
}

/* Closing while bytes of the client are unread would reset the connection and
 * lose our response. */
static void hang_up(void)
{
	int64_t deadline = clock_ms() + DRAIN_MS;
	char buf[4096];
	size_t got = 0;
	ssize_t n = 1;

	if (shutdown(STDOUT_FILENO, SHUT_WR) != 0)
		return; /* not a socket */
	while (n != 0 && got < DRAIN_MAX &&
	       wait_for(STDIN_FILENO, POLLIN, deadline)) {
		n = read(STDIN_FILENO, buf, sizeof buf);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return;
		got += n > 0 ? (size_t)n : 0;
	}
}

void scrape_serve(void (*body)(void *arg, FILE *to), void *arg)
{
	static struct scrape s;
	struct http_request r = {.method = HTTP_OTHER};
	enum http state;
	struct stat st;

	/* So that a client that does not read cannot block us in write().  What
	 * is not a connection may be shared with other programs. */
	if (fstat(STDOUT_FILENO, &st) == 0 && S_ISSOCK(st.st_mode))
		(void)fcntl(STDOUT_FILENO, F_SETFL,
		    fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	state = read_request(&s, &r);
	if (s.len == 0)
		return;
	if (state != HTTP_WHOLE)
		refuse("400 Bad Request", "", false);
	else if (r.method == HTTP_OTHER)
		refuse("405 Method Not Allowed", "Allow: GET, HEAD\r\n", false);
	else if (!http_path_is(&r, "/metrics"))
		refuse("404 Not Found", "", r.method == HTTP_HEAD);
	else
		give(body, arg, r.method == HTTP_HEAD);
	hang_up();
}
