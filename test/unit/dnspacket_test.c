/* dnspacket_test: answers read from packets, and packets that are none.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "dns/dnspacket.h"

/* A packet under construction. */
struct packet {
	uint8_t data[4096];
	size_t len;
};

enum { AN = 6, NS = 8 }; /* where a header counts its records */

static void put16(struct packet *p, unsigned int v)
{
	p->data[p->len++] = (uint8_t)(v >> 8);
	p->data[p->len++] = v & 0xff;
}

static void put32(struct packet *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p, v & 0xffff);
}

static void put_name(struct packet *p, const char *name)
{
	while (*name != '\0') {
		size_t len = strcspn(name, ".");

		p->data[p->len++] = (uint8_t)len;
		memcpy(p->data + p->len, name, len);
		p->len += len;
		name += len + (name[len] == '.');
	}
	p->data[p->len++] = 0;
}

static void begin(
    struct packet *p, unsigned int flags, const char *name, enum dns_type type)
{
	memset(p, 0, sizeof *p);
	put16(p, 1);
	put16(p, flags);
	put16(p, 1);
	put16(p, 0);
	put32(p, 0);
	put_name(p, name);
	put16(p, type);
	put16(p, 1);
}

/* Begin a record; returns where its length has to go. */
static size_t begin_rr(struct packet *p, int section, const char *name,
    unsigned int type, uint32_t ttl)
{
	p->data[section + 1]++;
	put_name(p, name);
	put16(p, type);
	put16(p, 1);
	put32(p, ttl);
	put16(p, 0);
	return p->len;
}

static void end_rr(struct packet *p, size_t start)
{
	p->data[start - 2] = (uint8_t)((p->len - start) >> 8);
	p->data[start - 1] = (p->len - start) & 0xff;
}

static void put_rr(struct packet *p, const char *name, unsigned int type,
    uint32_t ttl, const void *data, size_t len)
{
	size_t start = begin_rr(p, AN, name, type, ttl);

	memcpy(p->data + p->len, data, len);
	p->len += len;
	end_rr(p, start);
}

static void put_mx(struct packet *p, const char *name, uint32_t ttl,
    unsigned int preference, const char *host)
{
	size_t start = begin_rr(p, AN, name, DNS_MX, ttl);

	put16(p, preference);
	put_name(p, host);
	end_rr(p, start);
}

static void put_cname(
    struct packet *p, const char *name, uint32_t ttl, const char *target)
{
	size_t start = begin_rr(p, AN, name, DNS_CNAME, ttl);

	put_name(p, target);
	end_rr(p, start);
}

static void put_soa(
    struct packet *p, const char *name, uint32_t ttl, uint32_t minimum)
{
	size_t start = begin_rr(p, NS, name, 6, ttl);

	put_name(p, "ns.example");
	put_name(p, "root.example");
	put32(p, 1);
	put32(p, 2);
	put32(p, 3);
	put32(p, 4);
	put32(p, minimum);
	end_rr(p, start);
}

#define OK 0x8180
#define NXDOMAIN 0x8183
static const uint8_t address[4] = {192, 0, 2, 1};

static struct dns_answer *answer_of(
    const struct packet *p, const char *name, enum dns_type type)
{
	return dnspacket_read(name, type, p->data, p->len, DNS_SECURE);
}

static void test_address(void **state)
{
	struct dns_answer *a;
	struct packet p;

	(void)state;
	begin(&p, OK, "MX.example", DNS_A);
	put_rr(&p, "mx.EXAMPLE", DNS_A, 300, address, 4);
	put_rr(&p, "other.example", DNS_A, 1, address, 4);
	a = answer_of(&p, "mx.example", DNS_A);
	assert_int_equal(a->outcome, DNS_SECURE);
	assert_int_equal(a->content, DNS_DATA);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->rr[0].len, 4);
	assert_memory_equal(a->rr[0].data, address, 4);
	assert_int_equal(a->ttl, 300);
	assert_false(a->had_cname);
	assert_string_equal(a->canon, "mx.example");
	dnspacket_free(a);
}

/* Records of DNSSEC that weaken what they prove. */
struct proof {
	const char *name;
	struct {
		unsigned int type;
		uint8_t byte2, byte3;
		size_t len;
	} rr[3];
	unsigned int sha1, iterations;
};

static const struct proof proofs[] = {
    {"none", {{0}}, 0, 0},
    {"a signature of SHA-1", {{46, 5, 8, 20}}, 5, 0},
    {"with NSEC3", {{46, 7, 8, 20}, {50, 0, 200, 20}}, 7, 200},
    {"beside another one", {{46, 5, 8, 20}, {46, 13, 8, 20}}, 0, 0},
    {"the most iterations count", {{50, 1, 0, 6}, {50, 0, 9, 6}}, 0, 256},
    {"cut short", {{46, 5, 0, 4}, {50, 1, 1, 4}}, 0, 0},
};

static void test_proof(void **state)
{
	const struct proof *row = *state;
	uint8_t data[20] = {0};
	struct dns_answer *a;
	struct packet p;

	begin(&p, OK, "mx.example", DNS_A);
	put_rr(&p, "mx.example", DNS_A, 300, address, 4);
	for (size_t i = 0; i < 3 && row->rr[i].type != 0; i++) {
		data[2] = row->rr[i].byte2;
		data[3] = row->rr[i].byte3;
		put_rr(&p, "mx.example", row->rr[i].type, 300, data,
		    row->rr[i].len);
	}
	a = answer_of(&p, "mx.example", DNS_A);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->sha1, row->sha1);
	assert_int_equal(a->iterations, row->iterations);
	dnspacket_free(a);
}

static void test_chain(void **state)
{
	struct dns_answer *a;
	struct packet p;

	(void)state;
	begin(&p, OK, "a.example", DNS_A);
	/* Out of order, and with one that leads nowhere. */
	put_rr(&p, "c.example", DNS_A, 300, address, 4);
	put_cname(&p, "b.example", 60, "C.example");
	put_cname(&p, "A.example", 200, "b.example");
	put_cname(&p, "x.example", 1, "y.example");
	a = answer_of(&p, "a.example", DNS_A);
	assert_int_equal(a->outcome, DNS_SECURE);
	assert_true(a->had_cname);
	assert_string_equal(a->canon, "c.example");
	assert_int_equal(a->ttl, 60);
	dnspacket_free(a);
	/* Who asks for the CNAME gets the first. */
	p.len = 0;
	begin(&p, OK, "a.example", DNS_CNAME);
	put_cname(&p, "a.example", 200, "B.example");
	a = answer_of(&p, "a.example", DNS_CNAME);
	assert_false(a->had_cname);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->rr[0].len, 9);
	assert_memory_equal(a->rr[0].data, "b.example", 9);
	dnspacket_free(a);
}

static void test_mx(void **state)
{
	static const uint8_t cut[] = {0, 1, 3, 'm', 'x'};
	static const uint8_t more[] = {0, 2, 1, 'm', 0, 'x'};
	static const uint8_t pointer[] = {0, 4, 0xc0, 12};
	static const uint8_t ahead[] = {0, 5, 0xcf, 0xff};
	struct dns_answer *a;
	struct packet p;

	(void)state;
	begin(&p, OK, "example", DNS_MX);
	put_rr(&p, "example", DNS_MX, 300, cut, sizeof cut);
	put_rr(&p, "example", DNS_MX, 300, more, sizeof more);
	put_rr(&p, "example", DNS_MX, 300, "", 0);
	put_mx(&p, "example", 120, 10, "MX1.example");
	put_rr(&p, "example", DNS_MX, 300, pointer, sizeof pointer);
	put_rr(&p, "example", DNS_MX, 300, ahead, sizeof ahead);
	put_mx(&p, "example", 300, 0, "");
	a = answer_of(&p, "example", DNS_MX);
	assert_int_equal(a->outcome, DNS_SECURE);
	assert_int_equal(a->n, 7);
	assert_int_equal(a->ttl, 120);
	assert_int_equal(a->rr[0].len, 2);
	assert_int_equal(a->rr[1].len, 2);
	assert_int_equal(a->rr[2].len, 0);
	assert_int_equal(a->rr[3].len, 13);
	assert_memory_equal(a->rr[3].data, "\0\12mx1.example", 13);
	assert_int_equal(a->rr[4].len, 9);
	assert_memory_equal(a->rr[4].data, "\0\4example", 9);
	assert_int_equal(a->rr[5].len, 2);
	assert_int_equal(a->rr[6].len, 3);
	assert_memory_equal(a->rr[6].data, "\0\0.", 3);
	dnspacket_free(a);
}

static const struct negative {
	const char *name;
	unsigned int flags;
	bool cname;	 /* TTL 50 in front */
	const char *soa; /* its zone, NULL for none */
	uint32_t soa_ttl, minimum;
	enum dns_content content;
	uint32_t ttl;
} negatives[] = {
    {"the minimum of the SOA", OK, false, "example", 900, 60, DNS_NODATA, 60},
    {"the TTL of the SOA", OK, false, "example", 40, 60, DNS_NODATA, 40},
    {"the SOA of the root", NXDOMAIN, false, "", 900, 70, DNS_NXDOMAIN, 70},
    {"an alias to nothing", NXDOMAIN, true, "example", 900, 60, DNS_NXDOMAIN,
	50},
    {"no SOA is not kept", OK, false, NULL, 0, 0, DNS_NODATA, 0},
    {"a SOA of another zone is none", OK, false, "ample", 900, 60, DNS_NODATA,
	0},
    {"a TTL with its top bit is 0", OK, false, "example", 0x80000001, 60,
	DNS_NODATA, 0},
};

static void test_negative(void **state)
{
	const struct negative *row = *state;
	struct dns_answer *a;
	struct packet p;

	begin(&p, row->flags, "mx.example", DNS_A);
	if (row->cname)
		put_cname(&p, "mx.example", 50, "gone.example");
	if (row->soa != NULL)
		put_soa(&p, row->soa, row->soa_ttl, row->minimum);
	a = answer_of(&p, "mx.example", DNS_A);
	assert_int_equal(a->outcome, DNS_SECURE);
	assert_int_equal(a->content, row->content);
	assert_int_equal(a->n, 0);
	assert_int_equal(a->ttl, row->ttl);
	assert_int_equal(a->had_cname, row->cname);
	dnspacket_free(a);
}

static void build_servfail(struct packet *p)
{
	begin(p, 0x8182, "mx.example", DNS_A);
}

static void build_refused(struct packet *p)
{
	begin(p, 0x8185, "mx.example", DNS_A);
}

static void build_query(struct packet *p)
{
	begin(p, 0x0100, "mx.example", DNS_A);
}

static void build_update(struct packet *p)
{
	begin(p, 0xa980, "mx.example", DNS_A);
}

static void build_truncated(struct packet *p)
{
	begin(p, 0x8380, "mx.example", DNS_A);
}

static void build_other_name(struct packet *p)
{
	begin(p, OK, "mx.example.net", DNS_A);
}

static void build_other_type(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_AAAA);
}

static void build_short_address(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put_rr(p, "mx.example", DNS_A, 300, address, 3);
}

static void build_two_cnames(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put_cname(p, "mx.example", 300, "a.example");
	put_cname(p, "mx.example", 300, "b.example");
}

static void build_loop(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put_cname(p, "mx.example", 300, "a.example");
	put_cname(p, "a.example", 300, "mx.example");
}

static void build_empty_cname(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put_rr(p, "mx.example", DNS_CNAME, 300, "", 0);
}

static void build_nxdomain_with_data(struct packet *p)
{
	begin(p, NXDOMAIN, "mx.example", DNS_A);
	put_rr(p, "mx.example", DNS_A, 300, address, 4);
}

static void build_short_soa(struct packet *p)
{
	size_t start;

	begin(p, OK, "mx.example", DNS_A);
	start = begin_rr(p, NS, "example", 6, 300);
	put_name(p, "ns.example");
	put_name(p, "root.example");
	put32(p, 1);
	end_rr(p, start);
}

static void build_too_many(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put_rr(p, "mx.example", DNS_A, 300, address, 4);
	p->data[AN + 1]++;
}

static void build_tail(struct packet *p)
{
	begin(p, OK, "mx.example", DNS_A);
	put16(p, 0);
}

static const struct garbage {
	const char *name;
	void (*build)(struct packet *p);
	const char *why;
} garbage[] = {
    {"SERVFAIL", build_servfail, "the name servers sent SERVFAIL"},
    {"REFUSED", build_refused, "the name servers sent REFUSED"},
    {"a question", build_query,
	"the name servers sent a packet that is not an answer"},
    {"another opcode", build_update,
	"the name servers sent a packet that is not an answer"},
    {"a truncated packet", build_truncated,
	"the name servers sent a truncated packet"},
    {"an answer for another name", build_other_name,
	"the name servers sent an answer to another question"},
    {"an answer for another type", build_other_type,
	"the name servers sent an answer to another question"},
    {"an address of three bytes", build_short_address,
	"the name servers sent a malformed A record"},
    {"two CNAMEs at one name", build_two_cnames,
	"the name servers sent two CNAMEs at one name"},
    {"a loop of CNAMEs", build_loop, "the name servers sent a CNAME loop"},
    {"a CNAME without a name", build_empty_cname,
	"the name servers sent a CNAME without a name"},
    {"records and NXDOMAIN", build_nxdomain_with_data,
	"the name servers sent records and NXDOMAIN"},
    {"a short SOA", build_short_soa, "the name servers sent a malformed SOA"},
    {"more records counted than there are", build_too_many,
	"the name servers sent a malformed packet"},
    {"bytes behind the packet", build_tail,
	"the name servers sent a malformed packet"},
};

static void test_garbage(void **state)
{
	const struct garbage *row = *state;
	struct dns_answer *a;
	struct packet p;

	row->build(&p);
	a = answer_of(&p, "mx.example", DNS_A);
	assert_int_equal(a->outcome, DNS_FAILED);
	assert_string_equal(a->why.text, row->why);
	assert_int_equal(a->n, 0);
	assert_int_equal(a->ttl, 0);
	dnspacket_free(a);
}

/* Does an NSEC record of `owner`, the next of which is `next`, deny a top-level
 * name? */
struct denial {
	const char *name, *owner, *next, *tld;
	bool denied;
};

static const struct denial denials[] = {
    {"a name in between", "com", "net", "lan", true},
    {"behind the root's own record", "", "aaa", "a", true},
    {"in front of the end", "zw", "", "zz", true},
    {"the owner exists", "lan", "net", "lan", false},
    {"the next one exists", "com", "lan", "lan", false},
    {"a part of the next one exists", "com", "a.lan", "lan", false},
    {"in front of a part of the next one", "com", "a.root-servers.net", "lan",
	true},
    {"a record of a zone below says nothing of it", "a.example", "zz.example",
	"lan", false},
    {"nor does the apex of one", "com", "a.com", "lan", false},
    {"nor the last record of one", "com", "com", "lan", false},
    {"before it", "net", "org", "lan", false},
    {"behind it", "aaa", "com", "lan", false},
};

static void test_denial(void **state)
{
	const struct denial *row = *state;
	struct packet p;
	size_t at;

	begin(&p, NXDOMAIN, "x", DNS_A);
	at = begin_rr(&p, NS, row->owner, 47, 60);
	put_name(&p, row->next);
	end_rr(&p, at);
	assert_int_equal(
	    dnspacket_denies_tld(p.data, p.len, row->tld), row->denied);
	for (size_t len = 0; len < p.len; len++)
		assert_false(dnspacket_denies_tld(p.data, len, row->tld));
}

/* Every shortened packet is garbage, whatever is cut off. */
static void test_cut(void **state)
{
	struct packet p;

	(void)state;
	begin(&p, OK, "a.example", DNS_MX);
	put_cname(&p, "a.example", 300, "b.example");
	put_mx(&p, "b.example", 300, 10, "mx.example");
	put_soa(&p, "example", 300, 60);
	for (size_t len = 0; len < p.len; len++) {
		/* On the heap, so that a sanitizer sees what is behind. */
		uint8_t *data = malloc(len + 1);
		struct dns_answer *a;

		memcpy(data, p.data, len);
		a = dnspacket_read("a.example", DNS_MX, data, len, DNS_SECURE);
		assert_int_equal(a->outcome, DNS_FAILED);
		dnspacket_free(a);
		free(data);
	}
}

int main(void)
{
	static struct table t;

	TABLE_ONE(&t, "an address, names in any case", test_address);
	TABLE_ROWS(&t, test_proof, proofs);
	TABLE_ONE(&t, "a chain of CNAMEs in any order", test_chain);
	TABLE_ONE(&t, "unreadable MX records hide no others", test_mx);
	TABLE_ROWS(&t, test_negative, negatives);
	TABLE_ROWS(&t, test_garbage, garbage);
	TABLE_ROWS(&t, test_denial, denials);
	TABLE_ONE(&t, "every packet that was cut short", test_cut);
	return table_run(&t, "dnspacket");
}
