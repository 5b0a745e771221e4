/* dnsad: questions to a validating resolver on this machine, whose AD bit is
 * believed (dnssec = trust-ad).
 * SPDX-License-Identifier: MIT */
#include "dns/dnsad.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "dns/dnsconf.h"
#include "dns/dnspacket.h"
#include "policy/loopback.h"

#define FLYING_MAX 256 /* each has a socket, and so a port, of its own */
#define AGAIN_SECONDS 3
#define LENGTH 2 /* in front of what goes over TCP (RFC 1035 4.2.2) */

struct dnsad_ask {
	TAILQ_ENTRY(dnsad_ask) link;
	struct dnsad *ad;
	struct dnsquery query;
	void (*done)(void *arg, const struct dnsad_answer *a);
	void *arg;
	struct event *event; /* NULL: it waits for its turn */
	int fd;
	size_t moved; /* bytes of what is sent, then of what is received */
	uint8_t *in;  /* over TCP: the length, then the packet */
};

TAILQ_HEAD(asks, dnsad_ask);

struct dnsad {
	struct event_base *base;
	struct sockaddr_storage to;
	socklen_t to_len;
	struct asks flying, waiting;
	size_t n; /* flying */
};

static void launch(struct dnsad_ask *a);

static void land(struct dnsad_ask *a)
{
	if (a->event == NULL)
		return;
	event_free(a->event);
	a->event = NULL;
	if (a->fd >= 0)
		close(a->fd);
	a->fd = -1;
}

void dnsad_cancel(struct dnsad_ask *a)
{
	struct dnsad *ad;
	struct dnsad_ask *next;

	if (a == NULL)
		return;
	ad = a->ad;
	if (a->event == NULL) {
		TAILQ_REMOVE(&ad->waiting, a, link);
	} else {
		TAILQ_REMOVE(&ad->flying, a, link);
		ad->n--;
		land(a);
	}
	free(a->in);
	free(a);
	next = TAILQ_FIRST(&ad->waiting);
	if (next != NULL && ad->n < FLYING_MAX)
		launch(next);
}

static void finish(struct dnsad_ask *a, const struct dnsad_answer *answer)
{
	a->done(a->arg, answer);
	dnsad_cancel(a);
}

static void fail(struct dnsad_ask *a, int err)
{
	struct dnsad_answer answer = {0};

	reason_fail_errno(&answer.why,
	    err == EMFILE || err == ENFILE ? CAUSE_DESCRIPTORS
					   : CAUSE_DNS_SILENT,
	    err, "cannot ask the name server");
	finish(a, &answer);
}

/* false: this packet is not ours; go on waiting. */
static bool take(struct dnsad_ask *a, const uint8_t *packet, size_t len)
{
	struct dnsad_answer answer = {.packet = packet, .len = len};

	if (!dnsquery_is_answered(&a->query, packet, len, &answer.reply))
		return false;
	finish(a, &answer);
	return true;
}

/* ---- over TCP ---- */

/* What has been moved before is skipped: first the length, then the query. */
static ssize_t send_query(struct dnsad_ask *a)
{
	uint8_t out[LENGTH + DNSQUERY_MAX];

	out[0] = (uint8_t)(a->query.len >> 8);
	out[1] = (uint8_t)a->query.len;
	memcpy(out + LENGTH, a->query.bytes, a->query.len);
	return write(a->fd, out + a->moved, LENGTH + a->query.len - a->moved);
}

static void watch(struct dnsad_ask *a, short what, event_callback_fn call,
    const struct timeval *limit)
{
	(void)event_del(a->event);
	xneed(event_assign(a->event, a->ad->base, a->fd, what, call, a) == 0 &&
	      event_add(a->event, limit) == 0);
}

static void receive(struct dnsad_ask *a)
{
	size_t wanted = LENGTH;
	ssize_t n;

	if (a->in == NULL) {
		a->in = xmalloc(LENGTH + DNS_PACKET_MAX);
		a->moved = 0;
	}
	if (a->moved >= LENGTH)
		wanted += (size_t)(a->in[0] << 8 | a->in[1]);
	n = read(a->fd, a->in + a->moved, wanted - a->moved);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fail(a, n < 0 ? errno : ECONNRESET);
		return;
	}
	a->moved += (size_t)n;
	if (a->moved <= LENGTH)
		return;
	wanted = LENGTH + (size_t)(a->in[0] << 8 | a->in[1]);
	if (a->moved == wanted && !take(a, a->in + LENGTH, wanted - LENGTH))
		fail(a, EBADMSG);
}

static void on_tcp(evutil_socket_t fd, short what, void *arg)
{
	struct dnsad_ask *a = arg;
	ssize_t n;

	(void)fd;
	if ((what & EV_READ) != 0) {
		receive(a);
		return;
	}
	n = send_query(a);
	if (n < 0 && errno != EAGAIN) {
		fail(a, errno);
		return;
	}
	a->moved += n > 0 ? (size_t)n : 0;
	if (a->moved == LENGTH + a->query.len)
		watch(a, EV_READ | EV_PERSIST, on_tcp, NULL);
}

static bool connect_to(struct dnsad_ask *a, int type)
{
	const struct dnsad *ad = a->ad;

	a->fd =
	    socket(ad->to.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return a->fd >= 0 && (connect(a->fd, (const struct sockaddr *)&ad->to,
				  ad->to_len) == 0 ||
				 errno == EINPROGRESS);
}

static void go_on_by_tcp(struct dnsad_ask *a)
{
	(void)event_del(a->event);
	close(a->fd);
	if (connect_to(a, SOCK_STREAM))
		watch(a, EV_WRITE | EV_PERSIST, on_tcp, NULL);
	else
		fail(a, errno);
}

/* ---- over UDP ---- */

static void on_udp(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t packet[DNS_PACKET_MAX];
	struct dnsad_ask *a = arg;
	struct dnsquery_reply reply;
	ssize_t n;

	(void)fd;
	if ((what & EV_READ) == 0) {
		if (write(a->fd, a->query.bytes, a->query.len) < 0 &&
		    errno != EAGAIN)
			fail(a, errno);
		return;
	}
	n = read(a->fd, packet, sizeof packet);
	if (n < 0 && errno != EAGAIN)
		fail(a, errno);
	if (n <= 0)
		return;
	if (dnsquery_is_answered(&a->query, packet, (size_t)n, &reply) &&
	    reply.cut)
		go_on_by_tcp(a);
	else
		(void)take(a, packet, (size_t)n);
}

/* It could not be sent: said from the loop. */
static void on_failure(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail(arg, ECONNREFUSED);
}

static void launch(struct dnsad_ask *a)
{
	static const struct timeval again = {.tv_sec = AGAIN_SECONDS}, now;
	struct dnsad *ad = a->ad;

	TAILQ_REMOVE(&ad->waiting, a, link);
	TAILQ_INSERT_TAIL(&ad->flying, a, link);
	ad->n++;
	a->event = event_new(ad->base, -1, 0, on_failure, a);
	xneed(a->event != NULL);
	if (connect_to(a, SOCK_DGRAM) &&
	    write(a->fd, a->query.bytes, a->query.len) >= 0)
		watch(a, EV_READ | EV_PERSIST, on_udp, &again);
	else
		xneed(event_add(a->event, &now) == 0);
}

struct dnsad_ask *dnsad_ask(struct dnsad *ad, const char *name,
    enum dns_type type, void (*done)(void *arg, const struct dnsad_answer *a),
    void *arg)
{
	struct dnsad_ask *a = xcalloc(1, sizeof *a);
	uint16_t id;

	xneed(getrandom(&id, sizeof id, 0) == sizeof id);
	if (!dnsquery_make(&a->query, name, type, id)) {
		free(a);
		return NULL;
	}
	a->ad = ad;
	a->done = done;
	a->arg = arg;
	a->fd = -1;
	TAILQ_INSERT_TAIL(&ad->waiting, a, link);
	if (ad->n < FLYING_MAX)
		launch(a);
	return a;
}

struct dnsad *dnsad_open(
    struct event_base *base, const char *server, struct reason *why)
{
	struct dnsad *ad = xcalloc(1, sizeof *ad);

	ad->base = base;
	TAILQ_INIT(&ad->flying);
	TAILQ_INIT(&ad->waiting);
	if (loopback_is_server(server))
		ad->to_len = dnsconf_address(server, &ad->to);
	if (ad->to_len > 0)
		return ad;
	reason_fail(why, CAUSE_DNS_SETTINGS,
	    "name server %s is not on loopback", server);
	free(ad);
	return NULL;
}

void dnsad_close(struct dnsad *ad)
{
	free(ad);
}
