/* fuzz session: whatever a client and `resolve` send, in any order, a session
 * ends, and each whole request gets one reply that Postfix understands and that
 * says no more than was found.
 * SPDX-License-Identifier: MIT
 *
 * The session is the real one, over real sockets.  Time is the driver's: it
 * goes on when the session waits and nothing comes.  The input is a list of
 * what comes next:
 *
 *	u8	bits 0-2: what (enum what); bit 3: the length has two bytes;
 *		bit 4: the next one comes at the same moment
 *	u8, u16	length: of the bytes that follow; of PASS: tenths of a second
 */
#include "serve/session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "clock.h"
#include "fuzz.h"
#include "serve/convert.h"
#include "serve/link.h"
#include "serve/log.h"
#include "wire/netstring.h"
#include "wire/question.h"

enum what {
	CLIENT_BYTES,
	CLIENT_REQUEST, /* with its frame */
	RESOLVE_BYTES,
	RESOLVE_FINDING, /* with its frame */
	RESOLVE_CLOSES,
	RESOLVE_COMES_OR_GOES, /* nobody listens, or somebody again */
	CLIENT_STOPS_READING,  /* or goes on */
	PASS,
	WHATS,
};

enum {
	LONG = 0x08,
	AT_ONCE = 0x10,
	PEERS = 8,
	INPUT_MAX = 100000,
	SMALL_BUFFER = 4096,
};

/* A connection to `resolve`. */
struct peer {
	int fd;
	size_t got;
	char in[QUESTION_MAX + NETSTRING_OVERHEAD];
};

static struct world {
	const uint8_t *at, *end;
	size_t polls, polls_max;
	int client, service;
	bool reads, listens, client_closed;
	size_t peers;
	struct peer peer[PEERS];
	/* What came from `resolve`: nothing at all, or these. */
	bool silent, may_dane_only, may_dane, may_secure;
	size_t requests_len, replies_len, replies_room;
	char requests[INPUT_MAX];
	char *replies;
} w;

static char dir[] = "/tmp/mxpolicy-fuzz-XXXXXX";
static struct sockaddr_un here = {.sun_family = AF_UNIX}, away;
static struct config config;

/* ---- the client ---- */

static void client_sends(const void *bytes, size_t len)
{
	ssize_t n;

	if (w.client_closed || len > sizeof w.requests - w.requests_len)
		return;
	n = send(w.client, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n <= 0)
		return;
	memcpy(w.requests + w.requests_len, bytes, (size_t)n);
	w.requests_len += (size_t)n;
}

static void client_reads(void)
{
	ssize_t n;

	do {
		if (w.replies_room - w.replies_len < REPLY_MAX) {
			w.replies_room += 4 * REPLY_MAX;
			w.replies = realloc(w.replies, w.replies_room);
			MUST(w.replies != NULL);
		}
		n = recv(w.client, w.replies + w.replies_len,
		    w.replies_room - w.replies_len, MSG_DONTWAIT);
		if (n > 0)
			w.replies_len += (size_t)n;
	} while (n > 0);
}

/* ---- resolve ---- */

static void resolve_sends(const void *bytes, size_t len)
{
	if (w.peers > 0)
		(void)!send(w.peer[w.peers - 1].fd, bytes, len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
	w.silent = w.silent && w.peers == 0;
}

static void drop_peer(size_t i)
{
	close(w.peer[i].fd);
	w.peers--;
	memmove(&w.peer[i], &w.peer[i + 1], (w.peers - i) * sizeof w.peer[0]);
}

/* Whatever is asked is a question. */
static void check_questions(struct peer *p)
{
	const char *payload;
	struct question q;
	size_t len, used;

	while (netstring_parse(p->in, p->got, QUESTION_MAX, &payload, &len,
		   &used) == NETSTRING_WHOLE) {
		MUST(question_parse(&q, payload, len));
		p->got -= used;
		memmove(p->in, p->in + used, p->got);
	}
	MUST(p->got < sizeof p->in);
}

static void resolve_reads(void)
{
	struct peer *p;
	ssize_t n;
	int fd;

	while ((fd = accept4(w.service, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (w.peers == PEERS)
			drop_peer(0);
		w.peer[w.peers++] = (struct peer){.fd = fd};
	}
	for (size_t i = w.peers; i-- > 0;) {
		p = &w.peer[i];
		while ((n = read(p->fd, p->in + p->got,
			    sizeof p->in - p->got)) > 0) {
			p->got += (size_t)n;
			check_questions(p);
		}
		if (n == 0 || errno != EAGAIN)
			drop_peer(i);
	}
}

/* What may be said once this has been found. */
static void note_finding(const void *payload, size_t len)
{
	static struct finding f;

	if (!question_parse_finding(&f, payload, len))
		return;
	if (f.kind == FINDING_DANE) {
		bool secure = f.dane.mx == MX_SECURE;

		w.may_dane_only |= secure && f.dane.usable > 0;
		w.may_dane |= f.dane.usable + f.dane.unusable > 0 ||
			      (secure && f.dane.error > 0);
	}
	w.may_secure |= f.kind == FINDING_STS &&
			f.sts.found == STS_FOUND_POLICY &&
			f.sts.policy.mode != STS_MODE_NONE;
}

/* ---- what comes next ---- */

static uint8_t take(void)
{
	return w.at < w.end ? *w.at++ : 0;
}

static void in_frame(void (*send_it)(const void *bytes, size_t len),
    const uint8_t *payload, size_t len)
{
	static char frame[NETSTRING_HEAD_ROOM + 0x10000 + 1];
	char *head = netstring_format_head(frame, len);

	memcpy(frame + NETSTRING_HEAD_ROOM, payload, len);
	frame[NETSTRING_HEAD_ROOM + len] = ',';
	send_it(head, (size_t)(frame + NETSTRING_HEAD_ROOM + len + 1 - head));
}

static void comes(enum what what, const uint8_t *bytes, size_t len)
{
	switch (what) {
	case CLIENT_BYTES:
		client_sends(bytes, len);
		return;
	case CLIENT_REQUEST:
		in_frame(client_sends, bytes, len);
		return;
	case RESOLVE_BYTES:
		w.may_dane_only = w.may_dane = w.may_secure = true;
		resolve_sends(bytes, len);
		return;
	case RESOLVE_FINDING:
		note_finding(bytes, len);
		in_frame(resolve_sends, bytes, len);
		return;
	case RESOLVE_CLOSES:
		if (w.peers > 0)
			drop_peer(w.peers - 1);
		return;
	case RESOLVE_COMES_OR_GOES:
		(void)!rename((w.listens ? &here : &away)->sun_path,
		    (w.listens ? &away : &here)->sun_path);
		w.listens = !w.listens;
		return;
	case CLIENT_STOPS_READING:
		w.reads = !w.reads;
		return;
	case PASS:
	case WHATS:
		return;
	}
}

/* false: time has passed; at the end of the input, in which the client closes,
 * as much as is waited for. */
static bool next(int timeout_ms)
{
	uint8_t head;
	size_t len;

	do {
		if (w.at == w.end) {
			if (!w.client_closed)
				shutdown(w.client, SHUT_WR);
			else
				fuzz_us += (int64_t)timeout_ms * 1000;
			w.client_closed = w.reads = true;
			return false;
		}
		head = take();
		len = take();
		if ((head & LONG) != 0)
			len = len << 8 | take();
		if (head % WHATS == PASS) {
			fuzz_us += (int64_t)len * 100000;
			return false;
		}
		if (len > (size_t)(w.end - w.at))
			len = (size_t)(w.end - w.at);
		comes(head % WHATS, w.at, len);
		w.at += len;
	} while ((head & AT_ONCE) != 0);
	return true;
}

/* In place of poll() in the session (the linker's --wrap). */
int __real_poll(struct pollfd *fds, nfds_t n, int timeout_ms);
int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms);

int __wrap_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	int ready;
	bool more;

	MUST(timeout_ms >= 0);	       /* nobody waits for ever */
	MUST(++w.polls < w.polls_max); /* nor turns in circles */
	do {
		resolve_reads();
		if (w.reads)
			client_reads();
		ready = __real_poll(fds, n, 0);
		if (ready != 0 || timeout_ms == 0)
			return ready;
		more = next(timeout_ms);
	} while (more);
	return __real_poll(fds, n, 0);
}

/* ---- what was said ---- */

static bool begins(const char *text, size_t len, const char *with)
{
	return len >= strlen(with) && memcmp(text, with, strlen(with)) == 0;
}

static void check_reply(const char *reply, size_t len)
{
	MUST(len > 0 && len <= REPLY_MAX);
	for (size_t i = 0; i < len; i++)
		MUST((uint8_t)reply[i] >= ' ' && reply[i] != 0x7f);
	if (begins(reply, len, "OK dane-only"))
		MUST(w.may_dane_only);
	else if (begins(reply, len, "OK dane"))
		MUST(w.may_dane);
	else if (begins(reply, len, "OK secure match="))
		MUST(
		    w.may_secure && reply[sizeof "OK secure match=" - 1] > ' ');
	else
		MUST(begins(reply, len, "NOTFOUND ") ||
		     begins(reply, len, "TEMP ") ||
		     begins(reply, len, "PERM ") ||
		     begins(reply, len, REQUEST_SELF_REPLY));
}

/* Where nothing was found, nothing is known of a domain. */
static void check_unknown(const char *request, size_t len, const char *reply)
{
	struct request r;
	struct domain d;

	if (!w.silent || !request_parse(&r, request, len) ||
	    request_is_for(&r, REQUEST_SELF_MAP) ||
	    config_map(&config, r.map, r.map_len) == NULL)
		return;
	domain_parse(&d, r.key, r.key_len);
	if (d.kind != DOMAIN_REFUSED && d.service[0] == '\0' && !d.utf8 &&
	    !convert_is_srv(&d, config.srv_services))
		MUST(begins(reply, 5, "TEMP "));
}

static void check(enum stats_end end)
{
	const char *request, *reply;
	size_t len, used, at = 0, reply_len, reply_used, reply_at = 0;
	enum netstring whole;

	for (;;) {
		whole = netstring_parse(w.requests + at, w.requests_len - at,
		    REQUEST_MAX, &request, &len, &used);
		if (netstring_parse(w.replies + reply_at,
			w.replies_len - reply_at, REPLY_MAX, &reply, &reply_len,
			&reply_used) != NETSTRING_WHOLE)
			break;
		MUST(whole == NETSTRING_WHOLE); /* no reply without one */
		check_reply(reply, reply_len);
		check_unknown(request, len, reply);
		at += used;
		reply_at += reply_used;
	}
	/* Half a reply only where the connection was lost, none left out where
	 * the client closed between two requests. */
	MUST(end == STATS_LOST || reply_at == w.replies_len);
	if (end == STATS_CLOSED || end == STATS_CHECK)
		MUST(at == w.requests_len);
}

/* ---- the session ---- */

static void leave(void)
{
	unlink(here.sun_path);
	unlink(away.sun_path);
	rmdir(dir);
}

static void prepare(void)
{
	MUST(mkdtemp(dir) != NULL);
	atexit(leave);
	away = here;
	snprintf(here.sun_path, sizeof here.sun_path, "%s/resolve", dir);
	snprintf(away.sun_path, sizeof away.sun_path, "%s/away", dir);
	w.service = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
	MUST(bind(w.service, (struct sockaddr *)&here, sizeof here) == 0);
	MUST(listen(w.service, SOMAXCONN) == 0);
	w.listens = true;
	signal(SIGPIPE, SIG_IGN);
	link_forbid_child();
	config_init(&config);
	config.cache[0] = '\0';
	log_open("session", CONFIG_LOG_ERROR);
	strcpy(config.resolve_socket, here.sun_path);
}

static void begin(const uint8_t *data, size_t size)
{
	w.at = data;
	w.end = data + size;
	fuzz_us = 0;
	w.polls = 0;
	w.polls_max = 2000 + 100 * size;
	w.reads = w.silent = true;
	w.client_closed = false;
	w.may_dane_only = w.may_dane = w.may_secure = false;
	w.requests_len = w.replies_len = 0;
	if (!w.listens)
		comes(RESOLVE_COMES_OR_GOES, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *const no_args[] = {NULL};
	const int small = SMALL_BUFFER;
	struct answer_env env = {.config = &config, .args = no_args};
	enum stats_end end;
	int ends[2];

	if (w.service == 0)
		prepare();
	begin(data, size);
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
	MUST(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof small) ==
	     0);
	w.client = ends[0];
	env.store = store_open("", 1);
	env.refresh = refresh_open(&config, env.store,
	    &(const struct refresh_options){
		.max = 4, .args = no_args, .asked = true});
	end = session_run(ends[1], ends[1], &env);
	refresh_close(env.refresh);
	store_close(env.store);
	client_reads();
	check(end);
	resolve_reads();
	MUST(w.peers == 0); /* all were hung up on */
	close(ends[0]);
	close(ends[1]);
	return 0;
}
