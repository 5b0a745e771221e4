/* nameserver: what each name server of this machine can do.
 * SPDX-License-Identifier: MIT */
#include "verb/check/nameserver.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <resolv.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"

#define WAIT_MS 2000 /* for an answer; these are near */
#define ANSWER_MAX 4096
#define SERVER_TEXT_MAX 63 /* an address with a scope, a port */
#define EDNS_SIZE 1232	   /* what resolve asks with */
#define FLAG_AD 0x20	   /* of the fourth byte */
/* Reserved, and unsigned where it is answered at all (RFC 8375): nobody can
 * have validated it. */
#define UNSIGNED "mxpolicy.home.arpa"

struct server {
	struct sockaddr_storage addr;
	socklen_t len;
	char text[SERVER_TEXT_MAX + 1];
	bool is_ours; /* Postfix does not ask it */
};

struct ask {
	const char *name;
	int type;
	bool edns; /* with DO */
	bool ad;
	bool tcp;
};

struct answer {
	unsigned char data[ANSWER_MAX];
	size_t len; /* 0: there is none */
};

static unsigned int rcode(const struct answer *a)
{
	return a->data[3] & 15u;
}

/* A query, with its length before it (RFC 1035 4.2.2); returns the length of
 * both, 0 if it does not fit. */
static size_t make_query(
    const struct ask *ask, unsigned char query[static NS_PACKETSZ])
{
	static const unsigned char opt[] = {
	    0, 0, 41, EDNS_SIZE >> 8, EDNS_SIZE & 255, 0, 0, 0x80, 0, 0, 0};
	struct __res_state state = {0};
	int len = -1;

	if (res_ninit(&state) == 0)
		len = res_nmkquery(&state, ns_o_query, ask->name, ns_c_in,
		    ask->type, NULL, 0, NULL, query + 2,
		    NS_PACKETSZ - 2 - (int)sizeof opt);
	res_nclose(&state);
	if (len < NS_HFIXEDSZ)
		return 0;
	if (ask->ad)
		query[2 + 3] |= FLAG_AD;
	if (ask->edns) {
		memcpy(query + 2 + len, opt, sizeof opt);
		len += (int)sizeof opt;
		query[2 + 11] = 1;
	}
	query[0] = (unsigned char)(len >> 8);
	query[1] = (unsigned char)(len & 255);
	return (size_t)len + 2;
}

static bool wait_for(int fd, short events, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = events};

	return poll(&p, 1, clock_left(deadline_ms)) == 1;
}

/* Exactly n bytes of a stream. */
static bool read_all(int fd, unsigned char *to, size_t n, int64_t deadline_ms)
{
	while (n > 0) {
		ssize_t got;

		if (!wait_for(fd, POLLIN, deadline_ms) ||
		    (got = read(fd, to, n)) <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static void exchange_tcp(int fd, const unsigned char *query, size_t len,
    struct answer *a, int64_t deadline_ms)
{
	unsigned char size[2];
	size_t n;

	if (!wait_for(fd, POLLOUT, deadline_ms) ||
	    send(fd, query, len, MSG_NOSIGNAL) != (ssize_t)len ||
	    !read_all(fd, size, sizeof size, deadline_ms))
		return;
	n = (size_t)size[0] << 8 | size[1];
	if (n >= NS_HFIXEDSZ && n <= ANSWER_MAX &&
	    read_all(fd, a->data, n, deadline_ms))
		a->len = n;
}

static void exchange_udp(int fd, const unsigned char *query, size_t len,
    struct answer *a, int64_t deadline_ms)
{
	if (send(fd, query + 2, len - 2, MSG_NOSIGNAL) < 0)
		return;
	while (wait_for(fd, POLLIN, deadline_ms)) {
		ssize_t n = recv(fd, a->data, ANSWER_MAX, 0);

		if (n < 0)
			return;
		if (n >= NS_HFIXEDSZ && memcmp(a->data, query + 2, 2) == 0) {
			a->len = (size_t)n;
			return;
		}
	}
}

/* Is there an answer? */
static bool ask(
    const struct server *s, const struct ask *question, struct answer *a)
{
	unsigned char query[NS_PACKETSZ];
	size_t len = make_query(question, query);
	int64_t deadline_ms = clock_ms() + WAIT_MS;
	int fd;

	a->len = 0;
	fd = socket(s->addr.ss_family,
	    (question->tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC |
		SOCK_NONBLOCK,
	    0);
	if (fd < 0)
		return false;
	(void)connect(fd, (const struct sockaddr *)&s->addr, s->len);
	if (len > 0 && question->tcp)
		exchange_tcp(fd, query, len, a, deadline_ms);
	else if (len > 0)
		exchange_udp(fd, query, len, a, deadline_ms);
	close(fd);
	return a->len > 0;
}

/* Does it have a record of that type in its answer? */
static bool has(const struct answer *a, ns_type type)
{
	ns_msg msg;
	ns_rr rr;

	if (ns_initparse(a->data, (int)a->len, &msg) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++)
		if (ns_parserr(&msg, ns_s_an, i, &rr) == 0 &&
		    ns_rr_type(rr) == type)
			return true;
	return false;
}

static bool is_cut(const struct answer *a)
{
	return (a->data[2] & 2) != 0;
}

/* What it does with what does not exist. */
static bool denies(const struct server *s)
{
	char name[] = "mxpolicy.xxxxxxxxxxxx";
	uint8_t random[12] = {0};
	struct answer a;

	(void)!getrandom(random, sizeof random, GRND_NONBLOCK);
	for (size_t i = 0; i < sizeof random; i++)
		name[sizeof name - 2 - i] = (char)('a' + random[i] % 26);
	return !ask(s,
		   &(const struct ask){
		       .name = name, .type = ns_t_a, .edns = true},
		   &a) ||
	       rcode(&a) == ns_r_nxdomain;
}

static void check_one(struct setup *c, const struct server *s)
{
	static const struct ask
	    plain = {.name = ".", .type = ns_t_soa},
	    tcp = {.name = ".", .type = ns_t_soa, .tcp = true},
	    keys = {.name = ".", .type = ns_t_dnskey, .edns = true},
	    keys_tcp = {.name = ".",
		.type = ns_t_dnskey,
		.edns = true,
		.tcp = true},
	    ad = {.name = UNSIGNED, .type = ns_t_a, .edns = true, .ad = true};
	size_t before =
	    c->report.count[CHECK_WARNING] + c->report.count[CHECK_BAD];
	struct answer a;

	if (!ask(s, &plain, &a)) {
		check_tell(&c->report, CHECK_WARNING, "name-server", NULL,
		    s->is_ours ? _("name server %s, which \"resolver\" of the "
				   "settings names, does not answer")
			       : _("name server %s does not answer: it costs "
				   "each lookup of Postfix 5 seconds"),
		    s->text);
		return;
	}
	if (!ask(s, &tcp, &a))
		check_tell(&c->report, CHECK_WARNING, "name-server", NULL,
		    _("name server %s does not answer over TCP: mail to "
		      "domains with large DNS records or keys is deferred"),
		    s->text);
	if (!ask(s, &keys, &a))
		check_tell(&c->report, CHECK_WARNING, "name-server", NULL,
		    _("name server %s does not answer queries with EDNS, which "
		      "DNSSEC needs"),
		    s->text);
	else if (is_cut(&a) ? ask(s, &keys_tcp, &a) && !has(&a, ns_t_rrsig)
			    : !has(&a, ns_t_rrsig))
		check_tell(&c->report, CHECK_WARNING, "name-server", NULL,
		    _("name server %s strips DNSSEC records"), s->text);
	if (!denies(s))
		check_tell(&c->report, CHECK_WARNING, "name-server", NULL,
		    _("name server %s does not deny names that do not exist: "
		      "an MX host without TLSA records looks like one that "
		      "failed"),
		    s->text);
	/* mxpolicy does not look at the bit. */
	if (!s->is_ours && ask(s, &ad, &a) && (a.data[3] & FLAG_AD) != 0)
		check_tell(&c->report, CHECK_BAD, "name-server", NULL,
		    _("name server %s says that unsigned names are validated "
		      "(AD bit), which Postfix believes: anybody between here "
		      "and a mail host can forge its TLSA records"),
		    s->text);
	if (before ==
	    c->report.count[CHECK_WARNING] + c->report.count[CHECK_BAD])
		check_tell(&c->report, CHECK_GOOD, "name-server", NULL,
		    _("name server %s passes on DNSSEC records, over UDP and "
		      "TCP"),
		    s->text);
}

/* The i-th server of /etc/resolv.conf; IPv6 has a place of its own there. */
static bool get_server(const struct __res_state *state, int i, struct server *s)
{
	const struct sockaddr_in6 *six = state->_u._ext.nsaddrs[i];
	const struct sockaddr_in *four = &state->nsaddr_list[i];

	memset(s, 0, sizeof *s);
	if (four->sin_family == AF_INET) {
		memcpy(&s->addr, four, sizeof *four);
		s->len = sizeof *four;
		return inet_ntop(AF_INET, &four->sin_addr, s->text,
			   sizeof s->text) != NULL;
	}
	if (six == NULL || six->sin6_family != AF_INET6)
		return false;
	memcpy(&s->addr, six, sizeof *six);
	s->len = sizeof *six;
	return inet_ntop(AF_INET6, &six->sin6_addr, s->text, sizeof s->text) !=
	       NULL;
}

/* A word of the setting `resolver`: addr[%scope][@port].  false: it is none, as
 * "recursive" and a server of DNS over TLS. */
static bool read_server(const char *word, struct server *s)
{
	const struct addrinfo hints = {
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
	    .ai_socktype = SOCK_DGRAM};
	struct addrinfo *found;
	char host[SERVER_TEXT_MAX + 1], *port;

	memset(s, 0, sizeof *s);
	if (strlen(word) > SERVER_TEXT_MAX)
		return false;
	memcpy(s->text, word, strlen(word) + 1);
	memcpy(host, word, strlen(word) + 1);
	port = strchr(host, '@');
	if (port != NULL)
		*port++ = '\0';
	if (getaddrinfo(host, port != NULL ? port : "53", &hints, &found) != 0)
		return false;
	s->is_ours = true;
	s->len = found->ai_addrlen;
	memcpy(&s->addr, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

/* Is it one of the system's, which were looked at already? */
static bool is_system(const struct __res_state *state, const struct server *s)
{
	struct server other;

	for (int i = 0; i < state->nscount && i < MAXNS; i++)
		if (get_server(state, i, &other) &&
		    strcmp(other.text, s->text) == 0)
			return true;
	return false;
}

static void check_ours(struct setup *c, const struct __res_state *state)
{
	char copy[CONFIG_LIST_MAX], *rest = copy, *word;
	struct server s;

	snprintf(copy, sizeof copy, "%s", c->v->config.resolver);
	while ((word = strsep(&rest, " \t,")) != NULL)
		if (read_server(word, &s) && !is_system(state, &s))
			check_one(c, &s);
}

void check_nameservers(struct setup *c)
{
	struct __res_state state = {0};
	struct server s;

	if (res_ninit(&state) != 0)
		return;
	for (int i = 0; i < state.nscount && i < MAXNS; i++)
		if (get_server(&state, i, &s))
			check_one(c, &s);
	check_ours(c, &state);
	res_nclose(&state);
}
