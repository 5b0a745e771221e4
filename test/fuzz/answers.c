/* answers: name servers whose answers come from a fuzzer's input.
 * SPDX-License-Identifier: MIT
 *
 * They are packets, so that what reads packets is a part of what is looked
 * at.  This is dns_ask() and dns_cancel() for the driver that links it. */
#include "answers.h"

#include <sys/types.h>
#include <netinet/in.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <string.h>
#include "fuzz.h"
#include "lookup/cert.h"

enum {
	GIVEN_MAX = 1024,
	HOSTS = 200,
	ADDRESS_MAX = 16,
	RDATA_MAX = 512,
	COUNT_AT = 6, /* of records, in a packet's head */
	NO_SOA = 0x40,
	OTHER_OWNER = 0x80,
};

struct dns_query {
	struct dns_query *next;
	char name[DNS_NAME_TEXT_MAX + 32];
	enum dns_type type;
	void (*done)(void *arg, struct dns_answer *answer);
	void *arg;
};

static const uint8_t *at, *end;
static struct dns_query *first;
static size_t asked, n_given;
static struct answers_given given[GIVEN_MAX];
static uint8_t packet[DNS_PACKET_MAX];
static size_t used;

void answers_begin(const uint8_t *data, size_t size)
{
	MUST(first == NULL);
	at = data;
	end = data + size;
	asked = n_given = 0;
}

uint8_t answers_byte(void)
{
	return at < end ? *at++ : 0;
}

size_t answers_left(void)
{
	return (size_t)(end - at);
}

/* ---- questions ---- */

struct dns_query *dns_ask(struct dns *dns, const char *name, enum dns_type type,
    void (*done)(void *arg, struct dns_answer *answer), void *arg)
{
	struct dns_query *q = calloc(1, sizeof *q), **last = &first;

	(void)dns;
	MUST(q != NULL && strlen(name) < sizeof q->name);
	strcpy(q->name, name);
	q->type = type;
	q->done = done;
	q->arg = arg;
	while (*last != NULL)
		last = &(*last)->next;
	*last = q;
	asked++;
	return q;
}

static void take_out(struct dns_query *q)
{
	struct dns_query **p = &first;

	while (*p != NULL && *p != q)
		p = &(*p)->next;
	MUST(*p == q);
	*p = q->next;
}

void dns_cancel(struct dns_query *q)
{
	if (q == NULL)
		return;
	take_out(q);
	free(q);
}

size_t answers_open(void)
{
	size_t n = 0;

	for (const struct dns_query *q = first; q != NULL; q = q->next)
		n++;
	return n;
}

size_t answers_asked(void)
{
	return asked;
}

/* ---- packets ---- */

static void put(const void *data, size_t len)
{
	if (len > sizeof packet - used)
		return;
	memcpy(packet + used, data, len);
	used += len;
}

static void put_u16(size_t v)
{
	put(((const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}), 2);
}

static void put_u32(uint32_t v)
{
	put_u16(v >> 16);
	put_u16(v & 0xffff);
}

/* A name's bytes; 0: it is too long, or no name. */
static size_t to_wire(const char *name, uint8_t wire[NS_MAXCDNAME])
{
	size_t len = 0;

	if (ns_name_pton(name, wire, NS_MAXCDNAME) < 0)
		return 0;
	while (wire[len] != 0)
		len += (size_t)wire[len] + 1;
	return len + 1;
}

static void put_name(const char *name)
{
	uint8_t wire[NS_MAXCDNAME];

	put(wire, to_wire(name, wire));
}

static void put_head(const char *owner, unsigned type, uint32_t ttl)
{
	put_name(owner);
	put_u16(type);
	put_u16(ns_c_in);
	put_u32(ttl);
}

/* A name by one byte: hosts, and what stands where a host should be. */
static const char *name_of(uint8_t byte)
{
	static const char *const odd[] = {".", "example", "192.0.2.1", "1",
	    "MX.Example", "a b.example", "_dane.example",
	    "xn--mller-kva.example", "-.example", "h1.example",
	    "h\\000.example", "a\\.b.example", "2001:db8::1", "localhost"};
	static char host[32];

	if (byte >= HOSTS)
		return odd[(size_t)(byte - HOSTS) %
			   (sizeof odd / sizeof odd[0])];
	snprintf(host, sizeof host, "h%u.example", byte);
	return host;
}

/* RDATA of one record; index is the number of the record in its set. */
static size_t make_data(
    enum dns_type type, size_t index, uint8_t rdata[RDATA_MAX])
{
	size_t len = 0, n;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		n = answers_byte();
		memset(rdata, 1, ADDRESS_MAX);
		return n == 0 ? (type == DNS_A ? 4 : 16) : n % ADDRESS_MAX;
	case DNS_MX:
		rdata[len++] = 0;
		rdata[len++] = answers_byte();
		if (rdata[1] == 0xff)
			return 1; /* cut short */
		n = answers_left() > 0 ? answers_byte() : index % HOSTS;
		return len + to_wire(name_of((uint8_t)n), rdata + len);
	case DNS_CNAME:
		return to_wire(name_of(answers_byte()), rdata);
	case DNS_TXT:
	case DNS_DNSKEY:
		n = answers_byte();
		if (n == 0xff) { /* a record that is right */
			rdata[0] = 15;
			memcpy(rdata + 1, "v=STSv1;id=aaaa", 15);
			rdata[15] = (uint8_t)('a' + answers_byte() % 26);
			return 16;
		}
		while (len < n)
			rdata[len++] = answers_byte();
		return len;
	case DNS_TLSA:
		while (len < 3)
			rdata[len++] = answers_byte();
		n = answers_byte();
		if (n == 0)
			n = rdata[2] == 1 ? 32 : 64;
		memset(rdata + len, 0x42, n);
		return len + n;
	}
	return 0;
}

static void put_records(
    const char *owner, enum dns_type type, size_t n, uint32_t ttl)
{
	uint8_t rdata[RDATA_MAX];

	for (size_t i = 0; i < n; i++) {
		size_t len = make_data(type, i, rdata);

		put_head(owner, type, ttl);
		put_u16(len);
		put(rdata, len);
	}
}

/* Returns where the aliases lead to. */
static const char *put_aliases(const char *owner, size_t n, uint32_t ttl)
{
	static char last[DNS_NAME_TEXT_MAX + 32];
	uint8_t wire[NS_MAXCDNAME];

	snprintf(last, sizeof last, "%s", owner);
	for (size_t i = 0; i < n; i++) {
		const char *target = name_of(answers_byte());
		size_t len = to_wire(target, wire);

		put_head(last, ns_t_cname, ttl);
		put_u16(len);
		put(wire, len);
		snprintf(last, sizeof last, "%s", target);
	}
	return last;
}

static void put_soa(uint32_t ttl)
{
	put_head("", ns_t_soa, ttl);
	put_u16(1 + 1 + 20);
	put("\0", 2);
	put(((const uint8_t[16]){0}), 16);
	put_u32(ttl);
}

/* The bytes of an answer section, as they stand in the input. */
static void put_raw(size_t n)
{
	while (n-- > 0)
		put(((const uint8_t[]){answers_byte()}), 1);
}

static void put_sections(
    const struct dns_query *q, uint8_t control, size_t n, uint32_t ttl)
{
	const char *owner = put_aliases(q->name, control >> 4 & 3, ttl);

	if ((control & OTHER_OWNER) != 0)
		owner = "other.example";
	switch (control >> 2 & 3) {
	case 0:
		put_records(owner, q->type, n, ttl);
		packet[COUNT_AT] = (uint8_t)((n + (control >> 4 & 3)) >> 8);
		packet[COUNT_AT + 1] = (uint8_t)(n + (control >> 4 & 3));
		return;
	case 2:
		packet[3] |= ns_r_nxdomain;
		/* fall through */
	case 1:
		packet[COUNT_AT + 1] = control >> 4 & 3;
		if ((control & NO_SOA) == 0) {
			put_soa(ttl);
			packet[COUNT_AT + 3] = 1;
		}
		return;
	case 3:
		packet[COUNT_AT + 1] = answers_byte();
		put_raw(n);
		return;
	}
}

static struct dns_answer *make_answer(
    const struct dns_query *q, uint8_t control)
{
	static const enum dns_outcome outcomes[] = {
	    DNS_SECURE, DNS_SECURE, DNS_INSECURE};
	uint8_t wire[NS_MAXCDNAME];
	size_t n = answers_byte();
	uint32_t ttl = (uint32_t)answers_byte() * 16;

	if (to_wire(q->name, wire) == 0)
		return dnspacket_absent(60, "it is too long");
	if ((control & 3) == 3)
		return dnspacket_failed(
		    n % 2 == 0 ? CAUSE_DNS_BOGUS : CAUSE_DNS_TIMEOUT, "fuzzed");
	used = 0;
	put("\0\0\x80\0\0\1\0\0\0\0\0\0", NS_HFIXEDSZ);
	put_name(q->name);
	put_u16(q->type);
	put_u16(ns_c_in);
	put_sections(q, control, n, ttl);
	return dnspacket_read(
	    q->name, q->type, packet, used, outcomes[control & 3]);
}

/* ---- answers ---- */

static void keep(const struct dns_query *q, const struct dns_answer *a)
{
	struct answers_given *g = &given[n_given];

	MUST(n_given++ < GIVEN_MAX);
	memcpy(g->name, q->name, sizeof g->name);
	memcpy(g->canon, a->canon, sizeof g->canon);
	g->type = q->type;
	g->outcome = a->outcome;
	g->content = a->content;
	g->had_cname = a->had_cname;
	g->ttl = a->ttl;
	g->has_usable = false;
	for (size_t i = 0; q->type == DNS_TLSA && i < a->n; i++)
		g->has_usable |=
		    cert_tlsa_is_usable(a->rr[i].data, a->rr[i].len);
}

/* The same question gets the same answer, from the same bytes. */
static struct dns_answer *answer_again(
    const struct dns_query *q, const struct answers_given *g)
{
	const uint8_t *here = at;
	struct dns_answer *a;

	at = g->from;
	a = make_answer(q, answers_byte());
	at = here;
	return a;
}

bool answers_step(void)
{
	const struct answers_given *g;
	struct dns_query *q = first;
	struct dns_answer *a;
	size_t which;

	if (q == NULL)
		return false;
	which = answers_byte() % answers_open();
	while (which-- > 0)
		q = q->next;
	take_out(q);
	g = answers_find(q->name, q->type);
	if (g != NULL) {
		a = answer_again(q, g);
	} else {
		given[n_given].from = at;
		a = make_answer(q, answers_byte());
		keep(q, a);
	}
	q->done(q->arg, a);
	free(q);
	return true;
}

const struct answers_given *answers_find(const char *name, enum dns_type type)
{
	for (size_t i = 0; i < n_given; i++)
		if (given[i].type == type && strcmp(given[i].name, name) == 0)
			return &given[i];
	return NULL;
}

const struct answers_given *answers_at(size_t i)
{
	return i < n_given ? &given[i] : NULL;
}
