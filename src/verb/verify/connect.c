/* connect: connect to the MX hosts and judge the result.
 * SPDX-License-Identifier: MIT */
#include "verb/verify/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "verb/verify/chain.h"

#define TOGETHER 48 /* conversations at once, far below any file limit */
#define POLL_MS 250 /* deadlines may be exceeded by as much */

/* ---- connecting ---- */

static struct probe *start(const struct verify *v, const struct verify_host *h,
    const struct verify_address *a)
{
	static char ehlo[HOST_NAME_MAX + 1];
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	struct probe_target t = {.addr = &addr.any,
	    .ehlo = ehlo,
	    .sni = h->sni,
	    .keys = a->keys,
	    .deadline = clock_ms() + v->timeout_ms};

	if (gethostname(ehlo, sizeof ehlo - 1) < 0 || ehlo[0] == '\0')
		strcpy(ehlo, "localhost");
	memset(&addr, 0, sizeof addr);
	if (inet_pton(AF_INET, a->text, &addr.v4.sin_addr) == 1) {
		addr.v4.sin_family = AF_INET;
		addr.v4.sin_port = htons(v->to_port);
		t.addr_len = sizeof addr.v4;
	} else {
		inet_pton(AF_INET6, a->text, &addr.v6.sin6_addr);
		addr.v6.sin6_family = AF_INET6;
		addr.v6.sin6_port = htons(v->to_port);
		t.addr_len = sizeof addr.v6;
	}
	return probe_open(&t);
}

/* The next address to connect to, or the next one for its other certificate;
 * NULL after the last. */
static struct verify_address *next_address(
    struct verify *v, bool other, size_t *host, size_t *address)
{
	for (; *host < v->n_hosts; ++*host, *address = 0) {
		struct verify_host *h = v->host[*host];

		while (h->need != VERIFY_SKIPPED && *address < h->n_addresses) {
			struct verify_address *a = &h->address[(*address)++];

			if (!other || a->other != NULL)
				return other ? a->other : a;
		}
	}
	return NULL;
}

static void wait_for(struct probe **open, size_t n)
{
	struct pollfd fd[TOGETHER];

	for (size_t i = 0; i < n; i++)
		probe_poll(open[i], &fd[i]);
	xneed(poll(fd, n, POLL_MS) >= 0 || errno == EINTR);
}

static void connect_all(struct verify *v, bool other)
{
	struct probe *open[TOGETHER];
	struct verify_address *a;
	size_t n = 0, host = 0, address = 0;

	for (;;) {
		while (n < TOGETHER &&
		       (a = next_address(v, other, &host, &address)) != NULL)
			open[n++] = a->probe = start(v, v->host[host], a);
		if (n == 0)
			return;
		wait_for(open, n);
		for (size_t i = 0; i < n;) {
			probe_handle(open[i]);
			if (probe_result(open[i]) != NULL)
				open[i] = open[--n];
			else
				i++;
		}
	}
}

/* ---- judging ---- */

static bool is_strict(const struct verify_host *h)
{
	return h->need == VERIFY_DANE || h->need == VERIFY_PKIX;
}

static void refuse(struct verify_address *a, const char *what, const char *why)
{
	a->fate = VERIFY_REFUSED;
	reason_set(&a->why, "%s%s%s", what, why[0] != '\0' ? ": " : "", why);
}

static enum peer_trust check_trust(const struct verify *v,
    const struct verify_host *h, struct verify_address *a, struct reason *why)
{
	const struct peer *p = &probe_result(a->probe)->peer;

	memcpy(a->tlsa, h->tlsa, sizeof a->tlsa);
	if (h->n_tlsa > 0) {
		/* It is shown even if Postfix does not use it. */
		enum peer_trust dane =
		    dane_check(p, a->tlsa, h->n_tlsa, h->name, h->n_names, why);

		if (h->need == VERIFY_DANE)
			return dane;
	}
	reason_clear(why);
	if (v->store == NULL) {
		reason_set(why, "no CA store: %s", v->store_why.text);
		return p->n > 0 ? PEER_UNTRUSTED : PEER_ANONYMOUS;
	}
	return chain_check(p, v->store, h->name, h->n_names, why);
}

static void judge_tls(const struct verify *v, const struct verify_host *h,
    struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);
	bool strict = is_strict(h);
	struct reason why = {0};

	a->trust = check_trust(v, h, a, &why);
	/* OpenSSL checks names and chain together.  Postfix 3.10 logs another
	 * word if only the names are wrong, but treats it the same. */
	if (strict && a->trust == PEER_TRUSTED)
		a->trust = PEER_UNTRUSTED;
	if (strict && a->trust != PEER_VERIFIED)
		refuse(a, "Server certificate not verified", why.text);
	else if (r->end == PROBE_LOST)
		refuse(a, r->why.text, "");
}

static void judge(const struct verify *v, const struct verify_host *h,
    struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);

	a->fate = VERIFY_DELIVERED;
	switch (r->end) {
	case PROBE_UNREACHED:
		a->fate = VERIFY_UNREACHED;
		a->why = r->why;
		break;
	case PROBE_REFUSED:
	case PROBE_INJECTED:
		refuse(a, r->why.text, "");
		break;
	case PROBE_PLAIN:
		if (h->need == VERIFY_NOTHING)
			a->why = r->why;
		else if (!r->offered)
			refuse(a, "TLS is required, but was not offered", "");
		else
			refuse(a, "TLS is required", r->why.text);
		break;
	case PROBE_NO_TLS:
		/* If TLS is not required, Postfix tries again without it. */
		a->why = r->why;
		if (h->need != VERIFY_NOTHING)
			a->fate = VERIFY_REFUSED;
		break;
	case PROBE_LOST:
	case PROBE_TLS:
		judge_tls(v, h, a);
		break;
	}
}

/* ---- the other certificate ---- */

/* A server that has shown a certificate which matters may have another, with
 * the other kind of key, and it is the server who chooses. */
static void want_other(const struct verify_host *h, struct verify_address *a)
{
	const struct probe_result *r = probe_result(a->probe);
	enum tls_keys keys;

	if (!is_strict(h) || r->end < PROBE_LOST || r->peer.n == 0)
		return;
	keys = chain_other_keys(&r->peer);
	if (keys == TLS_KEYS_ALL)
		return;
	a->other = xcalloc(1, sizeof *a->other);
	memcpy(a->other->text, a->text, sizeof a->text);
	a->other->keys = keys;
}

/* Most servers have no other, and the handshake fails. */
static void judge_other(const struct verify *v, const struct verify_host *h,
    struct verify_address *a)
{
	struct verify_address *o = a->other;
	const struct probe_result *r;
	struct reason why = {0};

	if (o == NULL)
		return;
	r = probe_result(o->probe);
	if (r->end < PROBE_LOST || r->peer.n == 0 ||
	    chain_other_keys(&r->peer) == o->keys) {
		probe_close(o->probe);
		free(o);
		a->other = NULL;
		return;
	}
	o->trust = check_trust(v, h, o, &why);
	o->fate = o->trust == PEER_VERIFIED ? VERIFY_DELIVERED : VERIFY_REFUSED;
	if (o->fate == VERIFY_REFUSED)
		o->why = why;
}

static void try_others(struct verify *v)
{
	for (size_t i = 0; i < v->n_hosts; i++)
		for (size_t j = 0; j < v->host[i]->n_addresses; j++)
			if (v->host[i]->address[j].probe != NULL)
				want_other(v->host[i], &v->host[i]->address[j]);
	connect_all(v, true);
	for (size_t i = 0; i < v->n_hosts; i++)
		for (size_t j = 0; j < v->host[i]->n_addresses; j++)
			judge_other(v, v->host[i], &v->host[i]->address[j]);
}

/* How many addresses of other hosts are always tried before this one. */
static size_t addresses_before(
    const struct verify *v, const struct verify_host *h)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_hosts; i++)
		if (v->host[i]->host.preference < h->host.preference)
			n += v->host[i]->n_addresses;
	return n;
}

void verify_try(struct verify *v)
{
	connect_all(v, false);
	try_others(v);
	for (size_t i = 0; i < v->n_hosts; i++) {
		struct verify_host *h = v->host[i];

		for (size_t j = 0; j < h->n_addresses; j++)
			if (h->address[j].probe != NULL)
				judge(v, h, &h->address[j]);
		if (h->need == VERIFY_SKIPPED ||
		    addresses_before(v, h) < VERIFY_POSTFIX_ADDRESSES)
			continue;
		h->late = true;
		reason_set(&h->why,
		    "Postfix does not get to this host: it tries %d "
		    "addresses (smtp_mx_address_limit), and at least as "
		    "many come first",
		    VERIFY_POSTFIX_ADDRESSES);
	}
}
