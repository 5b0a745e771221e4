/* dnsctx: one validating context of libunbound, or one that believes a resolver
 * which validates.  Owns <unbound.h>.
 * SPDX-License-Identifier: MIT */
#include "dns/dnsctx.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unbound.h>
#include <unbound-event.h>
#include <unistd.h>
#include "base/xalloc.h"
#include "dns/dnsad.h"

#define CLASS_IN 1
#define RCODE_SERVFAIL 2
#define RCODE_NXDOMAIN 3
/* The `sec` of ub_event_callback_type. */
enum { SEC_INSECURE, SEC_BOGUS, SEC_SECURE };

struct dnsctx {
	struct ub_ctx *ub; /* NULL: ad is there in its place */
	struct dnsad *ad;
	bool validate;
};

const char *dnsctx_library(void)
{
	return ub_version();
}

static const struct option {
	const char *name, *value;
} options[] = {
    /* The process does not live long: keep it small and quick to create. */
    {"module-config:", "validator iterator"},
    {"msg-cache-size:", "2m"},
    {"rrset-cache-size:", "4m"},
    {"key-cache-size:", "1m"},
    {"neg-cache-size:", "1m"},
    {"infra-cache-numhosts:", "1000"},
    /* For hundreds of domains in flight; the default of 16 queues them. */
    {"outgoing-range:", "256"},
    {"num-queries-per-thread:", "2048"},
    /* DNS flag day 2020: use TCP for larger answers. */
    {"edns-buffer-size:", "1232"},
    /* System resolvers are often on loopback. */
    {"do-not-query-localhost:", "no"},
    {"prefetch:", "no"},
    {"prefetch-key:", "no"},
    {"trust-anchor-signaling:", "no"},
    {"minimal-responses:", "yes"},
    {"harden-glue:", "yes"},
    {"harden-dnssec-stripped:", "yes"},
    {"harden-below-nxdomain:", "yes"},
    /* RFC 6840 5.11: one valid algorithm is enough. */
    {"harden-algo-downgrade:", "no"},
    {"val-permissive-mode:", "no"},
    /* 2: get the reason for "bogus" with the answer. */
    {"val-log-level:", "2"},
    /* What a domain did wrong is asked for again as soon as anybody asks us
     * again, which is 5 s after a failure at the earliest. */
    {"val-bogus-ttl:", "5"},
    {"serve-expired:", "no"},
};

/* From the root on, each zone has several servers, of which some are silent.
 * A silent one costs twice the first of these before the next one is tried,
 * and then it is avoided.  With the defaults (376 ms, any server within 400 ms
 * of the best) it costs over two seconds each time. */
static const struct option hurried[] = {
    {"outgoing-num-tcp:", "32"},
    {"unknown-server-time-limit:", "150"},
    {"fast-server-permil:", "1000"},
    {"fast-server-num:", "1"},
    /* Try a server that was down again before 15 minutes have passed. */
    {"infra-host-ttl:", "60"},
    {"infra-keep-probing:", "yes"},
};

/* A context that forwards has one server, which may need seconds for a slow
 * domain: it is listened to for as long as Postfix would wait for it in all
 * (res_init(3): twice 5 s).  It is never given up for having been slow: the
 * library asks none that may take as long as the upper limit, and answers after
 * 10 s are taken to mean up to 50 s.  Whom to ask beside it is for dns.c. */
static const struct option patient[] = {
    /* dnsmasq serves 20 connections, and those of two contexts come. */
    {"outgoing-num-tcp:", "8"},
    {"infra-cache-max-rtt:", "60000"},
    {"infra-cache-min-rtt:", "10000"},
    {"unknown-server-time-limit:", "10000"},
    {"tcp-auth-query-timeout:", "10000"},
    {"infra-keep-probing:", "yes"},
    /* Forwards get the whole name in any case. */
    {"qname-minimisation:", "no"},
};

static bool set(
    struct dnsctx *ctx, const char *name, const char *value, struct reason *why)
{
	int err = ub_ctx_set_option(ctx->ub, name, value);

	if (err != UB_NOERROR)
		reason_fail(why, CAUSE_DNS_SETTINGS, "libunbound: %s %s: %s",
		    name, value, ub_strerror(err));
	return err == UB_NOERROR;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool set_all(
    struct dnsctx *ctx, const struct option *o, size_t n, struct reason *why)
{
	for (size_t i = 0; i < n; i++)
		if (!set(ctx, o[i].name, o[i].value, why))
			return false;
	return true;
}

static bool set_options(
    struct dnsctx *ctx, const struct dnsconf *c, struct reason *why)
{
	if (!set_all(ctx, options, COUNT(options), why))
		return false;
	return c->recursive ? set_all(ctx, hurried, COUNT(hurried), why)
			    : set_all(ctx, patient, COUNT(patient), why);
}

static bool set_servers(
    struct dnsctx *ctx, const struct dnsctx_config *config, struct reason *why)
{
	const struct dnsconf *c = config->servers;

	for (size_t i = 0; i < c->n; i++) {
		int err = ub_ctx_set_fwd(ctx->ub, c->server[i]);

		if (err != UB_NOERROR) {
			reason_fail(why, CAUSE_DNS_SETTINGS,
			    "name server %s: %s", c->server[i],
			    ub_strerror(err));
			return false;
		}
	}
	if (!c->tls)
		return true;
	/* Debian builds the library with nettle and so without TLS: all queries
	 * would fail without a message.  Other builds bring OpenSSL into the
	 * process. */
	if (dlsym(RTLD_DEFAULT, "SSL_CTX_new") == NULL) {
		reason_fail(why, CAUSE_DNS_SETTINGS,
		    "resolver: this system's libunbound is built "
		    "without DNS over TLS");
		return false;
	}
	if (ub_ctx_set_tls(ctx->ub, 1) != UB_NOERROR) {
		reason_fail(
		    why, CAUSE_DNS_SETTINGS, "resolver: no DNS over TLS");
		return false;
	}
	return config->ca_file[0] != '\0'
		   ? set(ctx, "tls-cert-bundle:", config->ca_file, why)
		   : set(ctx, "tls-system-cert:", "yes", why);
}

/* A configured file is all that is trusted.  One that is found by itself counts
 * beside the built-in keys: it may be older than the root's last key, or have
 * none at all. */
static bool set_anchors(struct dnsctx *ctx, const struct dnsctx_config *config,
    const char *found, struct reason *why)
{
	bool is_configured = config->trust_anchor[0] != '\0';
	const char *file = is_configured ? config->trust_anchor : found;
	int err = UB_NOERROR;

	if (file != NULL && access(file, R_OK) != 0) {
		reason_fail_errno(
		    why, CAUSE_FILE, errno, "trust-anchor %s", file);
		return false;
	}
	if (file != NULL)
		err = ub_ctx_add_ta_file(ctx->ub, file);
	for (size_t i = 0;
	     !is_configured && err == UB_NOERROR && dnsconf_anchors[i] != NULL;
	     i++)
		err = ub_ctx_add_ta(ctx->ub, dnsconf_anchors[i]);
	xneed(err == UB_NOERROR); /* files are read with the first query */
	return true;
}

static void ignore(void *arg, int rcode, void *packet, int len, int sec,
    char *why_bogus, int ratelimited)
{
	(void)arg;
	(void)rcode;
	(void)packet;
	(void)len;
	(void)sec;
	(void)why_bogus;
	(void)ratelimited;
}

/* Settings and files are looked at with the first query: this one, which is
 * answered at once from a zone that the library has built in. */
static bool is_usable(
    struct dnsctx *ctx, const struct dnsctx_config *config, struct reason *why)
{
	int id, err = ub_resolve_event(
		    ctx->ub, "localhost", DNS_A, CLASS_IN, NULL, ignore, &id);

	xneed(err != UB_NOMEM);
	if (err == UB_INITFAIL && config->trust_anchor[0] != '\0')
		reason_fail(why, CAUSE_DNS_SETTINGS,
		    "trust-anchor %s: not DS and DNSKEY records",
		    config->trust_anchor);
	else if (err != UB_NOERROR)
		reason_fail(why, CAUSE_DNS_SETTINGS, "libunbound: %s",
		    ub_strerror(err));
	return err == UB_NOERROR;
}

static struct dnsctx *open_one(struct event_base *base,
    const struct dnsctx_config *config, const char *found, struct reason *why)
{
	struct dnsctx *ctx = xcalloc(1, sizeof *ctx);

	ctx->ub = ub_ctx_create_event(base);
	xneed(ctx->ub != NULL);
	/* Reasons travel with the answers; it must not write to stderr. */
	(void)ub_ctx_debugout(ctx->ub, NULL);
	if (set_options(ctx, config->servers, why) &&
	    set_servers(ctx, config, why) &&
	    (!config->validate || set_anchors(ctx, config, found, why)) &&
	    is_usable(ctx, config, why))
		return ctx;
	dnsctx_close(ctx);
	return NULL;
}

static struct dnsctx *open_ad(struct event_base *base,
    const struct dnsctx_config *config, struct reason *why)
{
	struct dnsctx *ctx = xcalloc(1, sizeof *ctx);

	ctx->validate = config->validate;
	ctx->ad = dnsad_open(base, config->servers->server[0], why);
	if (ctx->ad != NULL)
		return ctx;
	free(ctx);
	return NULL;
}

struct dnsctx *dnsctx_open(struct event_base *base,
    const struct dnsctx_config *config, struct reason *why)
{
	const char *found =
	    config->trust_anchor[0] == '\0' ? dnsconf_anchor_file() : NULL;
	struct dnsctx *ctx;

	reason_clear(why);
	if (config->trust_ad)
		return open_ad(base, config, why);
	ctx = open_one(base, config, found, why);
	if (ctx != NULL || found == NULL)
		return ctx;
	ctx = open_one(base, config, NULL, why);
	if (ctx != NULL)
		reason_set(why,
		    "trust anchor %s is damaged: only the built-in keys of the "
		    "root are used",
		    found);
	return ctx;
}

void dnsctx_close(struct dnsctx *ctx)
{
	if (ctx == NULL)
		return;
	if (ctx->ub != NULL)
		ub_ctx_delete(ctx->ub);
	dnsad_close(ctx->ad);
	free(ctx);
}

/* "validation failure <a.example. A IN>: text": the reader knows the query
 * already. */
static const char *why_text(const char *why)
{
	const char *text;

	if (why == NULL)
		return "no reason given";
	text = strstr(why, ">: ");
	if (strncmp(why, "validation failure <", 20) == 0 && text != NULL)
		return text + 3;
	return why;
}

static struct dns_answer *servfail(const char *why)
{
	return dnspacket_failed(CAUSE_DNS_SERVFAIL, "SERVFAIL%s%s",
	    why != NULL ? ": " : "", why != NULL ? why_text(why) : "");
}

static struct dns_answer *read_packet(const struct dnsctx_query *q,
    const void *packet, size_t len, enum dns_outcome outcome)
{
	struct dns_answer *answer =
	    dnspacket_read(q->name, q->type, packet, len, outcome);

	answer->denied_tld = q->tld != NULL && answer->outcome == DNS_SECURE &&
			     answer->content == DNS_NXDOMAIN &&
			     dnspacket_denies_tld(packet, len, q->tld);
	return answer;
}

static struct dns_answer *read_answer(const struct dnsctx_query *q, int rcode,
    const void *packet, int len, int sec, const char *why_bogus)
{
	if (sec == SEC_BOGUS)
		return dnspacket_failed(
		    CAUSE_DNS_BOGUS, "bogus: %s", why_text(why_bogus));
	if (rcode == RCODE_SERVFAIL)
		return servfail(why_bogus);
	if (rcode != 0)
		return dnspacket_failed(
		    CAUSE_DNS_REFUSED, "DNS error code %d", rcode);
	if (packet == NULL || len <= 0)
		return dnspacket_failed(CAUSE_DNS_GARBLED, "an empty answer");
	return read_packet(q, packet, (size_t)len,
	    sec == SEC_SECURE ? DNS_SECURE : DNS_INSECURE);
}

/* What fails to validate is SERVFAIL here, and so never absent. */
static struct dns_answer *read_ad(
    const struct dnsctx_query *q, const struct dnsad_answer *a)
{
	unsigned int rcode = a->reply.rcode;

	if (a->packet == NULL)
		return dnspacket_failed(a->why.cause, "%s", a->why.text);
	if (rcode == RCODE_SERVFAIL)
		return servfail(NULL);
	if (rcode != 0 && rcode != RCODE_NXDOMAIN)
		return dnspacket_failed(
		    CAUSE_DNS_REFUSED, "DNS error code %u", rcode);
	return read_packet(q, a->packet, a->len,
	    q->ctx->validate && a->reply.authentic ? DNS_SECURE : DNS_INSECURE);
}

static void landed_ad(void *arg, const struct dnsad_answer *a)
{
	struct dnsctx_query *q = arg;

	q->flying = false;
	q->done(q, read_ad(q, a));
}

static void landed(void *arg, int rcode, void *packet, int len, int sec,
    char *why_bogus, int ratelimited)
{
	struct dnsctx_query *q = arg;

	(void)ratelimited;
	q->flying = false;
	q->done(q, read_answer(q, rcode, packet, len, sec, why_bogus));
}

bool dnsctx_resolve(
    struct dnsctx *ctx, struct dnsctx_query *q, struct reason *why)
{
	int err;

	q->ctx = ctx;
	q->flying = true;
	if (ctx->ad != NULL) {
		q->ask = dnsad_ask(ctx->ad, q->name, q->type, landed_ad, q);
		q->flying = q->ask != NULL;
		if (!q->flying)
			reason_fail(why, CAUSE_DNS_GARBLED, "not a DNS name");
		return q->flying;
	}
	err = ub_resolve_event(ctx->ub, q->name[0] != '\0' ? q->name : ".",
	    (int)q->type, CLASS_IN, q, landed, &q->id);
	if (err == UB_NOERROR)
		return true;
	q->flying = false;
	xneed(err != UB_NOMEM);
	/* It checks settings and files only with the first query. */
	reason_fail(why, CAUSE_DNS_SETTINGS, "libunbound: %s%s",
	    ub_strerror(err),
	    err == UB_INITFAIL ? " (resolver or trust-anchor)" : "");
	return false;
}

void dnsctx_cancel(struct dnsctx *ctx, struct dnsctx_query *q)
{
	if (q->flying && ctx->ad != NULL)
		dnsad_cancel(q->ask);
	else if (q->flying)
		(void)ub_cancel(ctx->ub, q->id);
	q->flying = false;
}
