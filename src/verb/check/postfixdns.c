/* postfixdns: the name servers that Postfix asks, through the C library.
 * SPDX-License-Identifier: MIT */
#include "verb/check/postfixdns.h"

#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "cache/store.h"

#define SECONDS 3	 /* for an answer of a name server */
#define ANSWER_MAX 65535 /* a DNS message */
#define TYPE_TLSA 52	 /* RFC 6698 section 7.1 */
#define RESOLV_CONF "/etc/resolv.conf"

/* A file of its own may be edited; a link belongs to the program that writes
 * what it points to. */
const char *postfix_dns_fix(void)
{
	struct stat st;

	if (lstat(RESOLV_CONF, &st) == 0 && S_ISREG(st.st_mode))
		return "apt install unbound   # validates, listens on "
		       "127.0.0.1\n"
		       "sed -i.old -e 's/^ *nameserver/#&/' -e "
		       "'$a nameserver 127.0.0.1' " RESOLV_CONF;
	return "apt install unbound   # validates, listens on 127.0.0.1\n"
	       "# then let what writes " RESOLV_CONF " name 127.0.0.1";
}

struct answer_of {
	unsigned char text[ANSWER_MAX];
	int len; /* below a header: there is none */
};

static void ask(const char *name, int type, struct answer_of *a)
{
	struct __res_state state = {0};

	a->len = -1;
	if (res_ninit(&state) == 0) {
		state.options |= RES_USE_EDNS0 | RES_USE_DNSSEC | RES_TRUSTAD;
		state.retrans = SECONDS;
		state.retry = 1;
		a->len = res_nquery(
		    &state, name, ns_c_in, type, a->text, sizeof a->text);
	}
	res_nclose(&state);
}

static bool has_ad(const struct answer_of *a)
{
	return a->len >= NS_HFIXEDSZ && (a->text[3] & 0x20) != 0;
}

static bool check_ad(struct setup *c)
{
	static struct answer_of a;

	ask(".", ns_t_soa, &a);
	if (a.len < NS_HFIXEDSZ)
		check_tell(&c->report, CHECK_BAD, "postfix-resolver", NULL,
		    _("the name servers in /etc/resolv.conf, which Postfix "
		      "uses, do not answer queries for the root zone"));
	else if (!has_ad(&a))
		check_tell(&c->report, CHECK_BAD, "postfix-resolver",
		    postfix_dns_fix(),
		    _("the name server in /etc/resolv.conf does not validate "
		      "DNSSEC (no AD bit), and Postfix relies on it: mail to "
		      "domains with DANE is deferred (\"non DNSSEC "
		      "destination\")"));
	else
		check_tell(&c->report, CHECK_GOOD, "postfix-resolver", NULL,
		    _("the name server in /etc/resolv.conf validates DNSSEC "
		      "(AD bit), as Postfix requires"));
	return has_ad(&a);
}

/* ---- a domain for which mxpolicy has found TLSA records ---- */

struct covered {
	char name[DOMAIN_MAX + 1];
	int64_t checked;
};

/* The one that was looked up last, of those whose MX hosts all have some. */
static bool visit(const char *key, const void *data, size_t len, void *arg)
{
	static struct record r;
	struct covered *best = arg;
	const struct dane_finding *f = &r.dane.last;

	if (record_parse(&r, key, data, len) && !r.dane.failed &&
	    r.dane.asof > 0 && r.dane.checked > best->checked &&
	    f->mx == MX_SECURE && f->usable > 0 && f->unusable == 0 &&
	    f->none == 0 && f->error == 0 && strlen(key) <= DOMAIN_MAX &&
	    strpbrk(key, "[:") == NULL) {
		strcpy(best->name, key);
		best->checked = r.dane.checked;
	}
	return true;
}

/* The target of the first MX record of an answer; the name itself where there
 * is none (RFC 5321 section 5.1). */
static bool first_host(
    const char *name, struct answer_of *a, char host[static NS_MAXDNAME])
{
	ns_msg msg;
	ns_rr rr;

	if (a->len < NS_HFIXEDSZ || ns_initparse(a->text, a->len, &msg) != 0)
		return false;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++)
		if (ns_parserr(&msg, ns_s_an, i, &rr) == 0 &&
		    ns_rr_type(rr) == ns_t_mx && ns_rr_rdlen(rr) > 2)
			return dn_expand(ns_msg_base(msg), ns_msg_end(msg),
				   ns_rr_rdata(rr) + 2, host, NS_MAXDNAME) > 0;
	snprintf(host, NS_MAXDNAME, "%s", name);
	return true;
}

static bool has_tlsa(struct answer_of *a)
{
	ns_msg msg;
	ns_rr rr;

	if (a->len < NS_HFIXEDSZ || ns_initparse(a->text, a->len, &msg) != 0)
		return false;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an); i++)
		if (ns_parserr(&msg, ns_s_an, i, &rr) == 0 &&
		    (int)ns_rr_type(rr) == TYPE_TLSA)
			return true;
	return false;
}

static void tell_tlsa(struct setup *c, const char *name)
{
	static struct answer_of mx, tlsa;
	char host[NS_MAXDNAME], owner[NS_MAXDNAME + 16];

	ask(name, ns_t_mx, &mx);
	if (!first_host(name, &mx, host)) {
		check_tell(&c->report, CHECK_BAD, "postfix-tlsa",
		    postfix_dns_fix(),
		    _("mxpolicy finds TLSA records for %s, but the name server "
		      "in /etc/resolv.conf, which Postfix uses, does not "
		      "answer for its MX records: mail is deferred"),
		    name);
		return;
	}
	snprintf(owner, sizeof owner, "_25._tcp.%s", host);
	ask(owner, TYPE_TLSA, &tlsa);
	if (has_ad(&mx) && has_ad(&tlsa) && has_tlsa(&tlsa))
		check_tell(&c->report, CHECK_GOOD, "postfix-tlsa", NULL,
		    _("the name server in /etc/resolv.conf sees the TLSA "
		      "records of %s, as mxpolicy does"),
		    name);
	else
		check_tell(&c->report, CHECK_BAD, "postfix-tlsa",
		    postfix_dns_fix(),
		    _("mxpolicy finds TLSA records for %s, but the name server "
		      "in /etc/resolv.conf, which Postfix uses, does not (%s): "
		      "mail is deferred (\"no TLSA records found\")"),
		    name, host);
}

void check_postfix_dns(struct setup *c)
{
	struct covered best = {.checked = 0};
	struct store *s;

	if (!check_ad(c) || c->v->config.cache[0] == '\0')
		return;
	s = store_open_read(c->v->config.cache, c->v->config.cache_max_entries);
	if (store_walk(s, visit, &best) != STORE_BROKEN && best.name[0] != '\0')
		tell_tlsa(c, best.name);
	else
		check_tell(&c->report, CHECK_SKIPPED, "postfix-tlsa", NULL,
		    _("no domain with TLSA records is in the cache yet, or you "
		      "may not read it: whether Postfix's name server sees "
		      "them is not known"));
	store_close(s);
}
