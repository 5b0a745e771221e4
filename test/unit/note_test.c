/* note_test: what a lookup met on its way, written and read.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/note.h"

static uint8_t buf[NOTE_MAX];

struct row {
	const char *name;
	struct note n;
};

static const uint8_t v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};

static const struct row rows[] = {
    {"name servers", {.kind = NOTE_SERVERS,
			 .servers = {.servers = "192.0.2.1, 192.0.2.2",
			     .validates = true,
			     .fell_back = true,
			     .why = {CAUSE_DNS_STRIPPED, "no DNSKEY came"}}}},
    {"an answer", {.kind = NOTE_ANSWER,
		      .answer = {.part = NOTE_PART_HOST,
			  .host = "mx.example.com",
			  .type = DNS_TLSA,
			  .name = "_25._tcp.mx.example.com",
			  .outcome = DNS_INSECURE,
			  .content = DNS_NXDOMAIN,
			  .ttl = UINT32_MAX,
			  .sha1 = 7,
			  .iterations = UINT16_MAX,
			  .alias = "mx.example.net"}}},
    {"an answer about a name that exists only here",
	{.kind = NOTE_ANSWER,
	    .answer = {.part = NOTE_PART_MX,
		.host = "",
		.type = DNS_MX,
		.name = "corp.lan",
		.outcome = DNS_INSECURE,
		.content = DNS_NXDOMAIN,
		.ttl = 3600,
		.alias = "",
		.why = {CAUSE_NONE, "a private or reserved name"}}}},
    {"an answer that failed",
	{.kind = NOTE_ANSWER,
	    .answer = {.part = NOTE_PART_MX,
		.host = "",
		.type = DNS_MX,
		.name = "example.com",
		.outcome = DNS_FAILED,
		.alias = "",
		.why = {CAUSE_DNS_BOGUS, "bogus: signature expired"}}}},
    {"an MX record", {.kind = NOTE_RECORD,
			 .record = {.type = DNS_MX,
			     .readable = true,
			     .preference = 65535,
			     .name = "mx.example.com"}}},
    {"an MX record that nobody can read",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_MX, .name = "", .data = v6, .len = 1}}},
    {"an address of IPv4", {.kind = NOTE_RECORD,
			       .record = {.type = DNS_A,
				   .readable = true,
				   .name = "",
				   .data = v6,
				   .len = 4}}},
    {"an address of IPv6", {.kind = NOTE_RECORD,
			       .record = {.type = DNS_AAAA,
				   .readable = true,
				   .name = "",
				   .data = v6,
				   .len = 16}}},
    {"a TLSA record", {.kind = NOTE_RECORD,
			  .record = {.type = DNS_TLSA,
			      .readable = true,
			      .usable = true,
			      .name = "",
			      .data = (const uint8_t *)"\3\1\1\0\xff\n%",
			      .len = 7}}},
    {"a TXT record of any bytes",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_TXT,
		.readable = true,
		.name = "",
		.data = (const uint8_t *)"v=STSv1;\0\xff\r\n",
		.len = 12}}},
    {"an alias", {.kind = NOTE_RECORD,
		     .record = {.type = DNS_CNAME,
			 .readable = true,
			 .name = "a.example"}}},
    {"a host", {.kind = NOTE_HOST,
		   .host = {.name = "mx.example.com",
		       .status = HOST_UNUSABLE,
		       .because = NOTE_BECAUSE_TLSA,
		       .of = 3}}},
    {"a host that failed", {.kind = NOTE_HOST,
			       .host = {.name = "mx.example.com",
				   .status = HOST_ERROR,
				   .because = NOTE_BECAUSE_FAILED,
				   .why = {CAUSE_DNS_TIMEOUT, "no answer"}}}},
    {"too many hosts",
	{.kind = NOTE_MX,
	    .mx = {.remark = NOTE_MX_TOO_MANY, .n = 100, .preference = 20}}},
    {"an exchange", {.kind = NOTE_EXCHANGE,
			.exchange = {.host = "mta-sts.example.com",
			    .address = "192.0.2.1",
			    .tls = "TLS 1.3",
			    .status = 200,
			    .type = "text/plain\xff",
			    .bytes = 65536,
			    .ms = 59999}}},
    {"a certificate", {.kind = NOTE_CERTIFICATE,
			  .certificate = {.place = 9, .der = v6, .len = 16}}},
    {"a policy file",
	{.kind = NOTE_BODY, .body = {.text = "a: b\0\n", .len = 6}}},
    {"an empty one", {.kind = NOTE_BODY, .body = {.text = "", .len = 0}}},
    {"a valid policy", {.kind = NOTE_POLICY,
			   .policy = {.outcome = NOTE_OUTCOME_VALID,
			       .id = "20260131",
			       .mode = STS_MODE_ENFORCE,
			       .max_age = STS_MAX_AGE_MAX,
			       .fault = {.what = STS_SAYS_NOTHING}}}},
    {"an invalid policy",
	{.kind = NOTE_POLICY,
	    .policy = {.outcome = NOTE_OUTCOME_FAILED,
		.id = "1",
		.fault = {STS_SAYS_BAD_MX, 2101, 5},
		.why = {CAUSE_STS_POLICY, "policy line 2101: bad mx"}}}},
};

/* Parse a copy on the heap of its exact size, so that over-reading is seen. */
static bool parse(
    struct note *n, const uint8_t *bytes, size_t len, uint8_t **copy)
{
	*copy = malloc(len > 0 ? len : 1);
	assert_non_null(*copy);
	memcpy(*copy, bytes, len);
	return note_parse(n, *copy, len);
}

static void check_texts(const char *a, const char *b)
{
	assert_string_equal(a != NULL ? a : "", b != NULL ? b : "");
}

static void check_record(
    const struct note_record *a, const struct note_record *b)
{
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->readable, b->readable);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->preference, b->preference);
	check_texts(a->name, b->name);
	assert_int_equal(a->len, b->len);
	if (a->len > 0)
		assert_memory_equal(a->data, b->data, a->len);
}

static void check_reason(const struct reason *a, const struct reason *b)
{
	assert_int_equal(a->cause, b->cause);
	assert_string_equal(a->text, b->text);
}

static void check_answer(
    const struct note_answer *a, const struct note_answer *b)
{
	assert_int_equal(a->part, b->part);
	check_texts(a->host, b->host);
	assert_int_equal(a->type, b->type);
	check_texts(a->name, b->name);
	assert_int_equal(a->outcome, b->outcome);
	assert_int_equal(a->content, b->content);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->sha1, b->sha1);
	assert_int_equal(a->iterations, b->iterations);
	check_texts(a->alias, b->alias);
	check_reason(&a->why, &b->why);
}

static void check_exchange(
    const struct note_exchange *a, const struct note_exchange *b)
{
	check_texts(a->host, b->host);
	check_texts(a->address, b->address);
	check_texts(a->tls, b->tls);
	assert_int_equal(a->status, b->status);
	check_texts(a->type, b->type);
	assert_int_equal(a->bytes, b->bytes);
	assert_int_equal(a->ms, b->ms);
}

static void check_policy(
    const struct note_policy *a, const struct note_policy *b)
{
	assert_int_equal(a->outcome, b->outcome);
	check_texts(a->id, b->id);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->max_age, b->max_age);
	assert_int_equal(a->fault.what, b->fault.what);
	assert_int_equal(a->fault.line, b->fault.line);
	assert_int_equal(a->fault.column, b->fault.column);
	check_reason(&a->why, &b->why);
}

static void check_host(const struct note_host *a, const struct note_host *b)
{
	check_texts(a->name, b->name);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->because, b->because);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->of, b->of);
	check_reason(&a->why, &b->why);
}

static void check_note(const struct note *a, const struct note *b)
{
	assert_int_equal(a->kind, b->kind);
	switch (a->kind) {
	case NOTE_SERVERS:
		check_texts(a->servers.servers, b->servers.servers);
		assert_int_equal(a->servers.validates, b->servers.validates);
		assert_int_equal(a->servers.fell_back, b->servers.fell_back);
		check_reason(&a->servers.why, &b->servers.why);
		return;
	case NOTE_ANSWER:
		check_answer(&a->answer, &b->answer);
		return;
	case NOTE_RECORD:
		check_record(&a->record, &b->record);
		return;
	case NOTE_HOST:
		check_host(&a->host, &b->host);
		return;
	case NOTE_MX:
		assert_int_equal(a->mx.remark, b->mx.remark);
		assert_int_equal(a->mx.n, b->mx.n);
		assert_int_equal(a->mx.preference, b->mx.preference);
		return;
	case NOTE_EXCHANGE:
		check_exchange(&a->exchange, &b->exchange);
		return;
	case NOTE_CERTIFICATE:
		assert_int_equal(a->certificate.place, b->certificate.place);
		assert_int_equal(a->certificate.len, b->certificate.len);
		assert_memory_equal(
		    a->certificate.der, b->certificate.der, a->certificate.len);
		return;
	case NOTE_BODY:
		assert_int_equal(a->body.len, b->body.len);
		if (a->body.len > 0)
			assert_memory_equal(
			    a->body.text, b->body.text, a->body.len);
		return;
	case NOTE_POLICY:
		check_policy(&a->policy, &b->policy);
		return;
	case NOTE_KINDS:
		break;
	}
	fail();
}

static void what_is_written_is_read(void **state)
{
	const struct row *r = *state;
	size_t len = note_format(&r->n, buf, sizeof buf);
	struct note n;
	uint8_t *copy;

	assert_true(len > 0);
	assert_true(parse(&n, buf, len, &copy));
	check_note(&r->n, &n);
	free(copy);
}

/* Strict: neither a part of it nor a byte more. */
static void nothing_else_is_read(void **state)
{
	const struct row *r = *state;
	size_t len = note_format(&r->n, buf, sizeof buf);
	struct note n;
	uint8_t *copy;

	for (size_t i = 0; i < len; i++) {
		assert_false(parse(&n, buf, i, &copy));
		free(copy);
		assert_int_equal(note_format(&r->n, buf, i), 0);
	}
	assert_int_equal(note_format(&r->n, buf, len), len);
	buf[len] = 0;
	assert_false(parse(&n, buf, len + 1, &copy));
	free(copy);
}

struct whole_row {
	const char *name;
	struct note n;
	size_t most;
};

static const struct whole_row whole_rows[] = {
    {"a TXT record of 65535 bytes",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_TXT, .readable = true, .name = ""}},
	STS_TXT_MAX},
    {"a TLSA record of 65535 bytes",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_TLSA, .readable = true, .name = ""}},
	65535},
    {"a policy of 64 KiB", {.kind = NOTE_BODY}, STS_POLICY_MAX},
    {"a certificate of 128 KiB", {.kind = NOTE_CERTIFICATE}, 131072},
};

/* Point it to len bytes. */
static void fill(struct note *n, const uint8_t *bytes, size_t len)
{
	if (n->kind == NOTE_BODY)
		n->body = (struct note_body){(const char *)bytes, len};
	else if (n->kind == NOTE_CERTIFICATE)
		n->certificate = (struct note_certificate){0, bytes, len};
	else {
		n->record.data = bytes;
		n->record.len = len;
	}
}

static void nothing_is_cut(void **state)
{
	const struct whole_row *r = *state;
	uint8_t *bytes = malloc(r->most + 1), *copy;
	struct note in = r->n, out;
	size_t len;

	assert_non_null(bytes);
	for (size_t i = 0; i <= r->most; i++)
		bytes[i] = (uint8_t)(i * 251 >> 3);
	fill(&in, bytes, r->most);
	len = note_format(&in, buf, sizeof buf);
	assert_true(len > r->most);
	assert_true(parse(&out, buf, len, &copy));
	check_note(&in, &out);
	free(copy);
	if (r->most < 131072) {
		fill(&in, bytes, r->most + 1);
		assert_int_equal(note_format(&in, buf, sizeof buf), 0);
	}
	free(bytes);
}

struct bad_row {
	const char *name;
	struct note n;
};

static const struct bad_row bad_rows[] = {
    {"no such kind", {.kind = NOTE_KINDS}},
    {"an address of 5 bytes", {.kind = NOTE_RECORD,
				  .record = {.type = DNS_A,
				      .readable = true,
				      .name = "",
				      .data = v6,
				      .len = 5}}},
    {"a TLSA record of 2 bytes", {.kind = NOTE_RECORD,
				     .record = {.type = DNS_TLSA,
					 .readable = true,
					 .name = "",
					 .data = v6,
					 .len = 2}}},
    {"an MX record without a host",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_MX, .readable = true, .name = ""}}},
    {"one that is not readable, with a host",
	{.kind = NOTE_RECORD, .record = {.type = DNS_MX, .name = "a.example"}}},
    {"a DNSKEY",
	{.kind = NOTE_RECORD,
	    .record = {.type = DNS_DNSKEY, .readable = true, .name = ""}}},
    {"a type that we do not know",
	{.kind = NOTE_RECORD,
	    .record = {.type = (enum dns_type)2, .name = ""}}},
    {"an MX host that is neither",
	{.kind = NOTE_HOST,
	    .host = {.name = "a", .status = (enum host_status)9}}},
    {"a reason with a control character",
	{.kind = NOTE_HOST,
	    .host = {.name = "a", .why = {CAUSE_DNS_BOGUS, "a\nb"}}}},
    {"a max_age of more than a year",
	{.kind = NOTE_POLICY,
	    .policy = {.id = "1", .max_age = STS_MAX_AGE_MAX + 1}}},
};

static void is_not_written(void **state)
{
	const struct bad_row *r = *state;

	assert_int_equal(note_format(&r->n, buf, sizeof buf), 0);
}

/* What stands in a frame, a byte changed. */
static void a_text_holds_no_nul(void **state)
{
	const struct note in = {
	    .kind = NOTE_MX, .mx = {.remark = NOTE_MX_UNREADABLE}};
	const struct note host = {.kind = NOTE_HOST, .host = {.name = "abc"}};
	struct note n;
	size_t len = note_format(&host, buf, sizeof buf);
	uint8_t *b = memmem(buf, len, "abc", 4);

	(void)state;
	assert_true(note_parse(&n, buf, len));
	assert_non_null(b);
	b[1] = '\0';
	assert_false(note_parse(&n, buf, len));
	b[1] = 'b';
	b[3] = 'd';
	assert_false(note_parse(&n, buf, len));
	len = note_format(&in, buf, sizeof buf);
	buf[3] = NOTE_KINDS;
	assert_false(note_parse(&n, buf, len));
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, what_is_written_is_read, rows);
	TABLE_ROWS(&t, nothing_else_is_read, rows);
	TABLE_ROWS(&t, nothing_is_cut, whole_rows);
	TABLE_ROWS(&t, is_not_written, bad_rows);
	TABLE_ONE(&t, "a text holds no NUL", a_text_holds_no_nul);
	return table_run(&t, "note");
}
