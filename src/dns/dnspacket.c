/* dnspacket: parse a DNS packet into the answer that lookups use.
 * SPDX-License-Identifier: MIT */
#include "dns/dnspacket.h"

#include <sys/types.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/ascii.h"
#include "base/xalloc.h"
#include "dns/dnsproof.h"

/* The fixed part of SOA data after the two names (RFC 1035 3.3.13). */
#define SOA_FIXED 20

/* The state while one packet is parsed. */
struct reading {
	ns_msg msg;
	enum dns_type type;
	struct dns_answer *a;
	size_t room, used; /* of a->store */
	uint32_t ttl;
};

struct dns_answer *dnspacket_failed(enum cause cause, const char *fmt, ...)
{
	struct dns_answer *a = xcalloc(1, sizeof *a);
	char text[REASON_MAX + 1];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	a->outcome = DNS_FAILED;
	a->content = DNS_NODATA;
	reason_fail(&a->why, cause, "%s", text);
	return a;
}

struct dns_answer *dnspacket_absent(uint32_t ttl, const char *why)
{
	struct dns_answer *a = xcalloc(1, sizeof *a);

	a->outcome = DNS_INSECURE;
	a->content = DNS_NXDOMAIN;
	a->ttl = ttl;
	reason_set(&a->why, "%s", why);
	return a;
}

void dnspacket_free(struct dns_answer *a)
{
	if (a == NULL)
		return;
	free(a->rr);
	free(a->store);
	free(a);
}

/* A name in our form: lower case, the root is "". */
static void name_copy(char *to, size_t size, const char *name)
{
	size_t len = strlen(name);

	if (len > 0 && name[len - 1] == '.' &&
	    (len < 2 || name[len - 2] != '\\'))
		len--;
	if (len >= size)
		len = size - 1; /* names are shorter than NS_MAXDNAME */
	ascii_fold(to, name, len);
	to[len] = '\0';
}

static bool name_equal(const char *a, const char *b)
{
	char x[DNS_NAME_TEXT_MAX + 1], y[DNS_NAME_TEXT_MAX + 1];

	name_copy(x, sizeof x, a);
	name_copy(y, sizeof y, b);
	return strcmp(x, y) == 0;
}

/* Is name equal to zone or below it?  Both are lower case. */
static bool name_within(const char *name, const char *zone)
{
	size_t n = strlen(name), z = strlen(zone);

	if (z == 0)
		return true;
	if (n < z || strcmp(name + n - z, zone) != 0)
		return false;
	return n == z || name[n - z - 1] == '.';
}

/* The name at the end of RDATA, after `skip` bytes. */
static bool name_of_rdata(struct reading *r, const ns_rr *rr, size_t skip,
    char name[static DNS_NAME_TEXT_MAX + 1])
{
	char text[NS_MAXDNAME];
	const u_char *rd = ns_rr_rdata(*rr);
	int len;

	if (ns_rr_rdlen(*rr) <= skip)
		return false;
	/* The name must not exceed the record; compression pointers lead back,
	 * which is possible. */
	len = dn_expand(ns_msg_base(r->msg), rd + ns_rr_rdlen(*rr), rd + skip,
	    text, sizeof text);
	if (len < 0 || skip + (size_t)len != ns_rr_rdlen(*rr))
		return false;
	name_copy(name, DNS_NAME_TEXT_MAX + 1, text);
	return true;
}

static void use_ttl(struct reading *r, uint32_t ttl)
{
	if (ttl > DNS_TTL_MAX)
		ttl = 0;
	if (ttl < r->ttl)
		r->ttl = ttl;
}

static void store(struct reading *r, const void *head, size_t head_len,
    const void *tail, size_t tail_len)
{
	struct dns_answer *a = r->a;
	uint8_t *to = a->store + r->used;

	if (head_len + tail_len > r->room - r->used)
		abort(); /* store_room() was wrong */
	if (head_len > 0)
		memcpy(to, head, head_len);
	if (tail_len > 0)
		memcpy(to + head_len, tail, tail_len);
	a->rr[a->n].data = to;
	a->rr[a->n].len = head_len + tail_len;
	a->n++;
	r->used += head_len + tail_len;
}

/* The maximum for one record: a compressed name becomes a whole text. */
static size_t store_room(enum dns_type type, size_t rdlen)
{
	return type == DNS_MX || type == DNS_CNAME ? 2 + DNS_NAME_TEXT_MAX
						   : rdlen;
}

static const char *take(struct reading *r, const ns_rr *rr)
{
	char name[DNS_NAME_TEXT_MAX + 1];
	const u_char *rd = ns_rr_rdata(*rr);
	size_t rdlen = ns_rr_rdlen(*rr);

	switch (r->type) {
	case DNS_A:
		if (rdlen != NS_INADDRSZ)
			return "a malformed A record";
		break;
	case DNS_AAAA:
		if (rdlen != NS_IN6ADDRSZ)
			return "a malformed AAAA record";
		break;
	case DNS_CNAME:
		if (!name_of_rdata(r, rr, 0, name))
			return "a CNAME without a name";
		store(r, NULL, 0, name, strlen(name));
		return NULL;
	case DNS_MX:
		/* One malformed MX must not hide the others. */
		if (rdlen < 2)
			store(r, rd, rdlen, NULL, 0);
		else if (!name_of_rdata(r, rr, 2, name))
			store(r, rd, 2, NULL, 0);
		else if (name[0] == '\0')
			store(r, rd, 2, ".", 1);
		else
			store(r, rd, 2, name, strlen(name));
		return NULL;
	case DNS_TXT:
	case DNS_TLSA:
	case DNS_DNSKEY:
		break;
	}
	store(r, rd, rdlen, NULL, 0);
	return NULL;
}

/* One step of the chain: is there a CNAME at a->canon?  *found says so. */
static const char *follow_once(struct reading *r, bool *found)
{
	char target[DNS_NAME_TEXT_MAX + 1], other[DNS_NAME_TEXT_MAX + 1];
	ns_rr rr;

	*found = false;
	for (int i = 0; i < ns_msg_count(r->msg, ns_s_an); i++) {
		if (ns_parserr(&r->msg, ns_s_an, i, &rr) < 0)
			return "a malformed record";
		if (ns_rr_type(rr) != ns_t_cname ||
		    ns_rr_class(rr) != ns_c_in ||
		    !name_equal(ns_rr_name(rr), r->a->canon))
			continue;
		if (!name_of_rdata(r, &rr, 0, *found ? other : target))
			return "a CNAME without a name";
		if (*found && strcmp(target, other) != 0)
			return "two CNAMEs at one name";
		*found = true;
		use_ttl(r, ns_rr_ttl(rr));
	}
	if (*found) {
		memcpy(r->a->canon, target, sizeof target);
		r->a->had_cname = true;
	}
	return NULL;
}

static const char *follow(struct reading *r)
{
	for (int hop = 0; hop <= DNS_CHAIN_MAX; hop++) {
		const char *wrong;
		bool found;

		wrong = follow_once(r, &found);
		if (wrong != NULL || !found)
			return wrong;
	}
	return "a CNAME loop";
}

/* The wanted records at a->canon. */
static const char *collect(struct reading *r)
{
	int count = ns_msg_count(r->msg, ns_s_an);
	size_t n = 0;
	const char *wrong = NULL;
	ns_rr rr;

	for (int pass = 0; pass < 2 && wrong == NULL; pass++) {
		for (int i = 0; i < count && wrong == NULL; i++) {
			if (ns_parserr(&r->msg, ns_s_an, i, &rr) < 0)
				return "a malformed record";
			if (ns_rr_type(rr) == ns_t_rrsig)
				r->a->is_signed = true;
			if ((enum dns_type)ns_rr_type(rr) != r->type ||
			    ns_rr_class(rr) != ns_c_in ||
			    !name_equal(ns_rr_name(rr), r->a->canon))
				continue;
			if (pass == 0) {
				n++;
				r->room += store_room(r->type, ns_rr_rdlen(rr));
				continue;
			}
			use_ttl(r, ns_rr_ttl(rr));
			wrong = take(r, &rr);
		}
		if (pass == 0) {
			r->a->rr = xcalloc(n, sizeof *r->a->rr);
			r->a->store = xcalloc(r->room, 1);
		}
	}
	return wrong;
}

/* RFC 2308 5: a negative answer is valid for the smaller of the SOA's own TTL
 * and its MINIMUM.  Without SOA it must not be cached. */
static const char *negative_ttl(struct reading *r)
{
	char zone[DNS_NAME_TEXT_MAX + 1];
	bool found = false;
	ns_rr rr;

	for (int i = 0; i < ns_msg_count(r->msg, ns_s_ns); i++) {
		const u_char *at, *end;
		int len;

		if (ns_parserr(&r->msg, ns_s_ns, i, &rr) < 0)
			return "a malformed record";
		name_copy(zone, sizeof zone, ns_rr_name(rr));
		if (ns_rr_type(rr) != ns_t_soa || ns_rr_class(rr) != ns_c_in ||
		    !name_within(r->a->canon, zone))
			continue;
		at = ns_rr_rdata(rr);
		end = at + ns_rr_rdlen(rr);
		for (int names = 0; names < 2; names++) {
			len = dn_skipname(at, end);
			if (len < 0)
				return "a malformed SOA";
			at += len;
		}
		if (end - at != SOA_FIXED)
			return "a malformed SOA";
		use_ttl(r, ns_rr_ttl(rr));
		use_ttl(r, (uint32_t)ns_get32(end - 4));
		found = true;
	}
	if (!found)
		r->ttl = 0;
	return NULL;
}

static const char *read_head(
    struct reading *r, const char *name, const uint8_t *packet, size_t len)
{
	ns_rr question;

	if (len > DNS_PACKET_MAX || ns_initparse(packet, (int)len, &r->msg) < 0)
		return "a malformed packet";
	if (ns_msg_getflag(r->msg, ns_f_qr) != 1 ||
	    ns_msg_getflag(r->msg, ns_f_opcode) != ns_o_query)
		return "a packet that is not an answer";
	if (ns_msg_getflag(r->msg, ns_f_tc) != 0)
		return "a truncated packet";
	if (ns_msg_count(r->msg, ns_s_qd) != 1 ||
	    ns_parserr(&r->msg, ns_s_qd, 0, &question) < 0 ||
	    ns_rr_class(question) != ns_c_in ||
	    (enum dns_type)ns_rr_type(question) != r->type ||
	    !name_equal(ns_rr_name(question), name))
		return "an answer to another question";
	name_copy(r->a->canon, sizeof r->a->canon, name);
	return NULL;
}

static const char *read_all(
    struct reading *r, const char *name, const uint8_t *packet, size_t len)
{
	const char *wrong = read_head(r, name, packet, len);
	int rcode;

	if (wrong != NULL)
		return wrong;
	rcode = ns_msg_getflag(r->msg, ns_f_rcode);
	if (rcode == ns_r_servfail)
		return "SERVFAIL";
	if (rcode == ns_r_refused)
		return "REFUSED";
	if (rcode != ns_r_noerror && rcode != ns_r_nxdomain)
		return "an error code";
	/* A query for the CNAME itself does not follow it. */
	if (r->type != DNS_CNAME)
		wrong = follow(r);
	if (wrong == NULL)
		wrong = collect(r);
	if (wrong != NULL)
		return wrong;
	if (r->a->n > 0) {
		r->a->content = DNS_DATA;
		return rcode == ns_r_noerror ? NULL : "records and NXDOMAIN";
	}
	r->a->content = rcode == ns_r_noerror ? DNS_NODATA : DNS_NXDOMAIN;
	return negative_ttl(r);
}

bool dnspacket_join_txt(
    const struct dns_rr *rr, char *txt, size_t size, size_t *txt_len)
{
	size_t used = 0, at = 0;

	while (at < rr->len) {
		size_t len = rr->data[at++];

		if (len > rr->len - at || len > size - used)
			return false;
		memcpy(txt + used, rr->data + at, len);
		used += len;
		at += len;
	}
	*txt_len = used;
	return true;
}

/* The last label of a name in our form, which has no escapes that matter: in
 * the root zone a name with an escaped dot is of nobody's. */
static const char *last_label(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot != NULL ? dot + 1 : name;
}

/* An NSEC record covers all names between its own and the next one.  In front
 * of all is the root itself, and behind all as well. */
static bool covers(const char *owner, const char *next, const char *tld)
{
	if (strcmp(last_label(owner), tld) >= 0)
		return false;
	return next[0] == '\0' || strcmp(tld, last_label(next)) < 0;
}

bool dnspacket_denies_tld(const uint8_t *packet, size_t len, const char *tld)
{
	char owner[DNS_NAME_TEXT_MAX + 1], next[DNS_NAME_TEXT_MAX + 1];
	char text[NS_MAXDNAME];
	ns_msg msg;
	ns_rr rr;

	if (len > DNS_PACKET_MAX || ns_initparse(packet, (int)len, &msg) < 0)
		return false;
	for (int i = 0; i < ns_msg_count(msg, ns_s_ns); i++) {
		if (ns_parserr(&msg, ns_s_ns, i, &rr) < 0)
			return false;
		if (ns_rr_type(rr) != ns_t_nsec || ns_rr_class(rr) != ns_c_in ||
		    dn_expand(ns_msg_base(msg),
			ns_rr_rdata(rr) + ns_rr_rdlen(rr), ns_rr_rdata(rr),
			text, sizeof text) < 0)
			continue;
		name_copy(owner, sizeof owner, ns_rr_name(rr));
		name_copy(next, sizeof next, text);
		if (strchr(owner, '.') == NULL && covers(owner, next, tld))
			return true;
	}
	return false;
}

struct dns_answer *dnspacket_read(const char *name, enum dns_type type,
    const uint8_t *packet, size_t len, enum dns_outcome outcome)
{
	struct reading r = {.type = type, .ttl = DNS_TTL_MAX};
	const char *wrong;

	r.a = xcalloc(1, sizeof *r.a);
	wrong = read_all(&r, name, packet, len);
	if (wrong != NULL) {
		dnspacket_free(r.a);
		return dnspacket_failed(
		    CAUSE_DNS_GARBLED, "the name servers sent %s", wrong);
	}
	dnsproof_read(&r.msg, &r.a->sha1, &r.a->iterations);
	r.a->outcome = outcome;
	r.a->ttl = r.ttl;
	return r.a;
}
