/* question_test: the frames between a serving process and resolve.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/question.h"

static char buf[FINDING_MAX];
static char *exact; /* a copy of the exact size: over-reading is seen */

static const char *copy(const char *bytes, size_t len)
{
	free(exact);
	exact = malloc(len > 0 ? len : 1);
	assert_non_null(exact);
	memcpy(exact, bytes, len);
	return exact;
}

struct question_row {
	const char *name;
	struct question q;
	const char *frame;
};

static const struct question_row question_rows[] = {
    {"question: all that can be asked",
	{.seq = 1,
	    .kind = QUESTION_MX,
	    .port = 25,
	    .dane = true,
	    .sts = true,
	    .fetch = true,
	    .notes = true,
	    .report = true,
	    .background = true,
	    .new = true,
	    .hold = true,
	    .id = "20160831Z",
	    .name = "example.com"},
	"question 2 1 mx 25 dsfxrbnh 20160831Z example.com"},
    {"question: a host, its highest numbers, nothing wanted",
	{.seq = 4294967295,
	    .kind = QUESTION_HOST,
	    .port = 65535,
	    .name = "mx.example.com"},
	"question 2 4294967295 host 65535 - - mx.example.com"},
    {"question: a name with U-labels",
	{.seq = 7,
	    .kind = QUESTION_NAME,
	    .port = 25,
	    .name = "b\xc3\xbc"
		    "cher.example"},
	"question 2 7 name 25 - - b\xc3\xbc"
	"cher.example"},
    {"question: DANE alone",
	{.seq = 7,
	    .kind = QUESTION_MX,
	    .port = 587,
	    .dane = true,
	    .name = "a.b"},
	"question 2 7 mx 587 d - a.b"},
    {"question: nobody waits any more",
	{.seq = 4294967295, .kind = QUESTION_LATER}, "later 2 4294967295"},
    {"question: fetch now", {.seq = 9, .kind = QUESTION_GO}, "go 2 9"},
    {"question: somebody else fetches", {.seq = 9, .kind = QUESTION_WAIT},
	"wait 2 9"},
    {"question: the policy is known", {.seq = 9, .kind = QUESTION_SKIP},
	"skip 2 9"},
    {"question: cancelled", {.seq = 1, .kind = QUESTION_CANCEL}, "cancel 2 1"},
};

static void test_question(void **state)
{
	const struct question_row *row = *state;
	struct question q;
	size_t len = question_format(&row->q, buf);

	assert_int_equal(len, strlen(row->frame));
	assert_memory_equal(buf, row->frame, len);
	memset(&q, 'x', sizeof q);
	assert_true(question_parse(&q, copy(buf, len), len));
	assert_int_equal(q.seq, row->q.seq);
	assert_int_equal(q.kind, row->q.kind);
	assert_int_equal(q.port, row->q.port);
	assert_int_equal(q.dane, row->q.dane);
	assert_int_equal(q.sts, row->q.sts);
	assert_int_equal(q.fetch, row->q.fetch);
	assert_int_equal(q.notes, row->q.notes);
	assert_int_equal(q.report, row->q.report);
	assert_int_equal(q.background, row->q.background);
	assert_int_equal(q.new, row->q.new);
	assert_int_equal(q.hold, row->q.hold);
	assert_string_equal(q.id, row->q.id);
	assert_string_equal(q.name, row->q.name);
}

static void test_longest_question(void **state)
{
	struct question q = {.seq = UINT32_MAX,
			    .kind = QUESTION_NAME,
			    .port = 65535,
			    .dane = true,
			    .sts = true,
			    .fetch = true,
			    .notes = true,
			    .report = true,
			    .background = true,
			    .new = true,
			    .hold = true},
			back;
	size_t len;

	(void)state;
	memset(q.id, '9', STS_ID_MAX);
	for (size_t i = 0; i < DOMAIN_UTF8_MAX; i += 2)
		memcpy(q.name + i, "\xc3\xbc", 2);
	len = question_format(&q, buf);
	assert_true(len > DOMAIN_UTF8_MAX);
	assert_true(question_parse(&back, copy(buf, len), len));
	assert_string_equal(back.name, q.name);
	assert_string_equal(back.id, q.id);
}

struct bad_row {
	const char *name, *frame;
};

#define ID33 "abcdefghijklmnopqrstuvwxyz0123456"

static const struct bad_row bad_questions[] = {
    {"bad question: empty", ""},
    {"bad question: another kind of frame", "answer 1 1 mx 25 d - a.b"},
    {"bad question: a longer word", "questions 1 1 mx 25 d - a.b"},
    {"bad question: another version", "question 1 1 mx 25 d - a.b"},
    {"bad question: version 01", "question 01 1 mx 25 d - a.b"},
    {"bad question: two blanks", "question  1 1 mx 25 d - a.b"},
    {"bad question: a leading blank", " question 1 1 mx 25 d - a.b"},
    {"bad question: a tab", "question\t1 1 mx 25 d - a.b"},
    {"bad question: number 0", "question 2 0 mx 25 d - a.b"},
    {"bad question: a number over 32 bits",
	"question 2 4294967296 mx 25 d - a.b"},
    {"bad question: a number over 64 bits",
	"question 2 18446744073709551617 mx 25 d - a.b"},
    {"bad question: a leading zero", "question 2 01 mx 25 d - a.b"},
    {"bad question: a sign", "question 2 +1 mx 25 d - a.b"},
    {"bad question: a number that is none", "question 2 x mx 25 d - a.b"},
    {"bad question: an unknown KIND", "question 2 1 mxx 25 d - a.b"},
    {"bad question: port 0", "question 2 1 mx 0 d - a.b"},
    {"bad question: a port over 65535", "question 2 1 mx 65536 d - a.b"},
    {"bad question: a port by name", "question 2 1 mx smtp d - a.b"},
    {"bad question: an unknown letter", "question 2 1 mx 25 dz - a.b"},
    {"bad question: a letter twice", "question 2 1 mx 25 dd - a.b"},
    {"bad question: no WANT", "question 2 1 mx 25  - a.b"},
    {"bad question: an id of 33", "question 2 1 mx 25 d " ID33 " a.b"},
    {"bad question: an id with a hyphen", "question 2 1 mx 25 d a-b a.b"},
    {"bad question: no id", "question 2 1 mx 25 d  a.b"},
    {"bad question: no name", "question 2 1 mx 25 d - "},
    {"bad question: no blank before the name", "question 2 1 mx 25 d -"},
    {"bad question: a name in capitals", "question 2 1 mx 25 d - A.b"},
    {"bad question: a trailing dot", "question 2 1 mx 25 d - a.b."},
    {"bad question: a port in the name", "question 2 1 mx 25 d - a.b:25"},
    {"bad question: brackets", "question 2 1 host 25 d - [a.b]"},
    {"bad question: an address", "question 2 1 host 25 d - 192.0.2.1"},
    {"bad question: a blank behind the name", "question 2 1 mx 25 d - a.b "},
    {"bad question: U-labels where none are", "question 2 1 mx 25 d - b\xc3\xbc"
					      "cher.example"},
    {"bad question: an order without a number", "later 2 "},
    {"bad question: an order with more", "cancel 2 1 x"},
    {"bad question: an order of another version", "cancel 1 1"},
    {"bad question: an order of number 0", "later 2 0"},
    {"bad question: malformed UTF-8", "question 2 1 name 25 d - b\xff.example"},
};

static void test_bad_question(void **state)
{
	const struct bad_row *row = *state;
	size_t len = strlen(row->frame);
	struct question q;

	assert_false(question_parse(&q, copy(row->frame, len), len));
}

static void test_any_order(void **state)
{
	static const char frame[] = "question 2 1 mx 25 hnrxbfsd - a.b";
	struct question q;

	(void)state;
	assert_true(question_parse(&q, frame, sizeof frame - 1));
	assert_true(q.dane && q.sts && q.fetch && q.notes && q.report &&
		    q.background && q.new &&q.hold);
}

#define TEXT "version: STSv1\nmode: enforce\nmx: a.example.com\nmax_age: 60\n"
#define TEXT_TESTING                                                           \
	"version: STSv1\nmode: testing\nmx: a.example.com\nmax_age: 60\n"

struct finding_row {
	const char *name, *frame;
	struct finding f;
};

#define POLICY(m, t)                                                           \
	{                                                                      \
		.mode = m, .max_age = 60, .text = t, .text_len = sizeof t - 1  \
	}

static const struct finding_row finding_rows[] = {
    {"finding: DANE", "dane 2 3 secure 1 2 3 4 300 dns-timeout ",
	{.seq = 3,
	    .kind = FINDING_DANE,
	    .dane = {MX_SECURE, 1, 2, 3, 4, 300, {CAUSE_DNS_TIMEOUT, ""}}}},
    {"finding: DANE with the highest numbers and a reason",
	"dane 2 4294967295 failed 65535 65535 65535 65535 4294967295"
	" dns-servfail MX of a.b:  SERVFAIL",
	{.seq = UINT32_MAX,
	    .kind = FINDING_DANE,
	    .dane = {MX_FAILED, UINT16_MAX, UINT16_MAX, UINT16_MAX, UINT16_MAX,
		UINT32_MAX, {CAUSE_DNS_SERVFAIL, "MX of a.b:  SERVFAIL"}}}},
    {"finding: an insecure MX", "dane 2 1 insecure 0 0 1 0 0 none x",
	{.seq = 1,
	    .kind = FINDING_DANE,
	    .dane = {MX_INSECURE, 0, 0, 1, 0, 0, {CAUSE_NONE, "x"}}}},
    {"finding: no mail", "dane 2 1 none 0 0 0 0 60 none null MX",
	{.seq = 1,
	    .kind = FINDING_DANE,
	    .dane = {MX_NONE, 0, 0, 0, 0, 60, {CAUSE_NONE, "null MX"}}}},
    {"finding: no MTA-STS", "sts 2 1 absent 300 - - 0 none \n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_ABSENT, .ttl = 300}}},
    {"finding: the same id", "sts 2 1 same 300 abc123 - 0 none \n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_SAME, .ttl = 300, .id = "abc123"}}},
    {"finding: a policy is on its way",
	"sts 2 1 fetching 300 abc123 - 0 none \n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_FETCHING, .ttl = 300, .id = "abc123"}}},
    {"finding: a policy", "sts 2 1 policy 300 abc enforce 60 none \n" TEXT,
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_POLICY,
		.ttl = 300,
		.id = "abc",
		.policy = POLICY(STS_MODE_ENFORCE, TEXT)}}},
    {"finding: a policy in testing",
	"sts 2 1 policy 300 abc testing 60 none \n" TEXT_TESTING,
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_POLICY,
		.ttl = 300,
		.id = "abc",
		.policy = POLICY(STS_MODE_TESTING, TEXT_TESTING)}}},
    {"finding: a TXT that failed",
	"sts 2 1 txt-failed 0 - - 0 dns-timeout TXT: timeout\n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_TXT_FAILED,
		.why = {CAUSE_DNS_TIMEOUT, "TXT: timeout"}}}},
    {"finding: a fetch that failed",
	"sts 2 1 fetch-failed 9 abc - 0 https-certificate expired\n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_FETCH_FAILED,
		.ttl = 9,
		.id = "abc",
		.why = {CAUSE_HTTPS_CERTIFICATE, "expired"}}}},
    {"finding: a policy that is invalid",
	"sts 2 1 fetch-failed 9 abc - 0 sts-policy \n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_FETCH_FAILED,
		.ttl = 9,
		.id = "abc",
		.why = {CAUSE_STS_POLICY, ""}}}},
    {"finding: a host that does not answer",
	"sts 2 1 fetch-failed 9 abc - 0 https-connect \n",
	{.seq = 1,
	    .kind = FINDING_STS,
	    .sts = {.found = STS_FOUND_FETCH_FAILED,
		.ttl = 9,
		.id = "abc",
		.why = {CAUSE_HTTPS_CONNECT, ""}}}},
    {"finding: a name", "name 2 5 xn--bcher-kva.example",
	{.seq = 5, .kind = FINDING_NAME, .name = "xn--bcher-kva.example"}},
    {"finding: no name", "name 2 5 -", {.seq = 5, .kind = FINDING_NAME}},
    {"finding: it waits for its turn", "queued 2 5",
	{.seq = 5, .kind = FINDING_QUEUED}},
    {"finding: the end", "end 2 5", {.seq = 5, .kind = FINDING_END}},
};

static void check_dane(
    const struct dane_finding *a, const struct dane_finding *b)
{
	assert_int_equal(a->mx, b->mx);
	assert_int_equal(a->usable, b->usable);
	assert_int_equal(a->unusable, b->unusable);
	assert_int_equal(a->none, b->none);
	assert_int_equal(a->error, b->error);
	assert_int_equal(a->ttl, b->ttl);
	assert_int_equal(a->why.cause, b->why.cause);
	assert_string_equal(a->why.text, b->why.text);
}

static void check_sts(const struct sts_finding *a, const struct sts_finding *b)
{
	assert_int_equal(a->found, b->found);
	assert_int_equal(a->ttl, b->ttl);
	assert_string_equal(a->id, b->id);
	assert_int_equal(a->why.cause, b->why.cause);
	assert_string_equal(a->why.text, b->why.text);
	assert_int_equal(a->policy.mode, b->policy.mode);
	assert_int_equal(a->policy.max_age, b->policy.max_age);
	assert_int_equal(a->policy.text_len, b->policy.text_len);
	if (a->policy.text_len > 0)
		assert_memory_equal(
		    a->policy.text, b->policy.text, a->policy.text_len);
}

static void test_finding(void **state)
{
	const struct finding_row *row = *state;
	struct finding f;
	size_t len = question_format_finding(&row->f, buf);

	assert_int_equal(len, strlen(row->frame));
	assert_memory_equal(buf, row->frame, len);
	memset(&f, 0x55, sizeof f);
	assert_true(question_parse_finding(&f, copy(buf, len), len));
	assert_int_equal(f.seq, row->f.seq);
	assert_int_equal(f.kind, row->f.kind);
	switch (f.kind) {
	case FINDING_DANE:
		check_dane(&f.dane, &row->f.dane);
		break;
	case FINDING_STS:
		check_sts(&f.sts, &row->f.sts);
		break;
	case FINDING_NAME:
		assert_string_equal(f.name, row->f.name);
		break;
	case FINDING_NOTE: /* of bytes: test_note() */
	case FINDING_QUEUED:
	case FINDING_END:
		break;
	}
}

#define WHY200                                                                 \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"                   \
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct bad_row bad_findings[] = {
    {"bad finding: empty", ""},
    {"bad finding: a word alone", "end"},
    {"bad finding: an unknown kind", "dnae 2 1 secure 1 0 0 0 1 "},
    {"bad finding: a question", "question 2 1 mx 25 d - a.b"},
    {"bad finding: another version", "end 1 1"},
    {"bad finding: number 0", "end 2 0"},
    {"bad finding: no number", "end 2 "},
    {"bad finding: an empty note", "note 2 5 "},
    {"bad finding: a note that is text", "note 2 5 MX: 2 hosts"},
    {"bad finding: a number over 32 bits", "end 2 4294967296"},
    {"bad finding: a leading zero", "end 2 01"},
    {"bad finding: a sign", "end 2 -1"},
    {"bad finding: something after queued", "queued 2 1 x"},
    {"bad finding: fetching without id", "sts 2 1 fetching 1 - - 0 none \n"},
    {"bad finding: something after the end", "end 2 1 x"},
    {"bad finding: a blank after the end", "end 2 1 "},
    {"bad finding: an unknown MX", "dane 2 1 bogus 1 0 0 0 1 none "},
    {"bad finding: a count over 65535", "dane 2 1 secure 65536 0 0 0 1 none "},
    {"bad finding: a negative count", "dane 2 1 secure 0 -1 0 0 1 none "},
    {"bad finding: a count that is none", "dane 2 1 secure 0 0 x 0 1 none "},
    {"bad finding: an ERROR over 65535", "dane 2 1 secure 0 0 0 70000 1 none "},
    {"bad finding: a TTL over 32 bits",
	"dane 2 1 secure 0 0 0 0 4294967296 none "},
    {"bad finding: a TTL of eleven digits",
	"dane 2 1 secure 0 0 0 0 10000000000 none "},
    {"bad finding: DANE cut before its reason", "dane 2 1 secure 0 0 0 0 1"},
    {"bad finding: a field too few", "dane 2 1 secure 0 0 0 1 "},
    {"bad finding: a newline in a reason",
	"dane 2 1 secure 0 0 0 0 1 none a\nb"},
    {"bad finding: a byte over 127 in a reason",
	"dane 2 1 secure 0 0 0 0 1 none \xc3\xbc"},
    {"bad finding: a reason of 201 bytes",
	"dane 2 1 secure 0 0 0 0 1 none " WHY200 "x"},
    {"bad finding: an MX that failed without a CAUSE",
	"dane 2 1 failed 0 0 0 0 1 none "},
    {"bad finding: a host that failed without a CAUSE",
	"dane 2 1 secure 0 0 0 1 1 none "},
    {"bad finding: a TXT that failed without a CAUSE",
	"sts 2 1 txt-failed 1 - - 0 none \n"},
    {"bad finding: an unknown FOUND", "sts 2 1 maybe 1 - - 0 none \n"},
    {"bad finding: an id of 33", "sts 2 1 same 1 " ID33 " - 0 none \n"},
    {"bad finding: an id with a slash", "sts 2 1 same 1 a/b - 0 none \n"},
    {"bad finding: same without id", "sts 2 1 same 1 - - 0 none \n"},
    {"bad finding: absent with an id", "sts 2 1 absent 1 abc - 0 none \n"},
    {"bad finding: a failed TXT with an id",
	"sts 2 1 txt-failed 1 abc - 0 dns-timeout \n"},
    {"bad finding: an unknown CAUSE",
	"sts 2 1 fetch-failed 1 abc - 0 sts-bad \n"},
    {"bad finding: a failed fetch without CAUSE",
	"sts 2 1 fetch-failed 1 abc - 0 none \n"},
    {"bad finding: a failed fetch without id",
	"sts 2 1 fetch-failed 1 - - 0 sts-policy \n"},
    {"bad finding: same with a CAUSE", "sts 2 1 same 1 abc - 0 sts-policy \n"},
    {"bad finding: a policy with a CAUSE",
	"sts 2 1 policy 1 abc enforce 60 sts-policy \n" TEXT},
    {"bad finding: a policy with another mode than its text",
	"sts 2 1 policy 1 abc none 60 none \n" TEXT},
    {"bad finding: a policy with another max_age than its text",
	"sts 2 1 policy 1 abc enforce 61 none \n" TEXT},
    {"bad finding: a policy without id",
	"sts 2 1 policy 1 - enforce 60 none \n" TEXT},
    {"bad finding: a policy without mode",
	"sts 2 1 policy 1 abc - 60 none \n" TEXT},
    {"bad finding: an unknown mode",
	"sts 2 1 policy 1 abc Enforce 60 none \n" TEXT},
    {"bad finding: a mode without policy", "sts 2 1 absent 1 - none 0 none \n"},
    {"bad finding: a max_age without policy",
	"sts 2 1 absent 1 - - 60 none \n"},
    {"bad finding: a max_age over the cap (peers fault 12)",
	"sts 2 1 policy 1 abc enforce 31557601 none \n" TEXT},
    {"bad finding: a policy without text",
	"sts 2 1 policy 1 abc none 60 none \n"},
    {"bad finding: no newline", "sts 2 1 absent 1 - - 0 none "},
    {"bad finding: a reason of 201 bytes before the text",
	"sts 2 1 absent 1 - - 0 none " WHY200 "x\n"},
    {"bad finding: text without policy", "sts 2 1 absent 1 - - 0 none \n" TEXT},
    {"bad finding: text with same", "sts 2 1 same 1 abc - 0 none \n" TEXT},
    {"bad finding: text with a failed fetch",
	"sts 2 1 fetch-failed 1 abc - 0 sts-policy \n" TEXT},
    {"bad finding: a policy without mx",
	"sts 2 1 policy 1 abc enforce 60 none \nversion: STSv1\n"},
    {"bad finding: a brace in the text (peers fault 7)",
	"sts 2 1 policy 1 abc enforce 60 none \n" TEXT "x: }\n"},
    {"bad finding: an address as mx (peers fault 7)",
	"sts 2 1 policy 1 abc enforce 60 none \n" TEXT "mx: 192.0.2.1\n"},
    {"bad finding: text without its last newline",
	"sts 2 1 policy 1 abc enforce 60 none \n" TEXT "x: y"},
    {"bad finding: a name in capitals", "name 2 1 A.example"},
    {"bad finding: a name with U-labels", "name 2 1 b\xc3\xbc.example"},
    {"bad finding: an address for a name", "name 2 1 192.0.2.1"},
    {"bad finding: an empty name", "name 2 1 "},
    {"bad finding: a newline in a note", "note 2 1 a\nb"},
    {"bad finding: a DEL in a note", "note 2 1 \x7f"},
    {"bad finding: a DEL in a reason", "dane 2 1 secure 0 0 0 0 1 none \x7f"},
    {"bad finding: an escape in a note", "note 2 1 \x1b[2J"},
};

static void test_bad_finding(void **state)
{
	const struct bad_row *row = *state;
	size_t len = strlen(row->frame);
	struct finding f;

	assert_false(question_parse_finding(&f, copy(row->frame, len), len));
}

static void test_nul(void **state)
{
	static const char q[] = "question 2 1 mx 25 d - a.b\0";
	static const char d[] = "dane 2 1 secure 0 0 0 0 1 none a\0b";
	static const char s[] =
	    "sts 2 1 policy 1 abc enforce 60 none \n" TEXT "x: \0\n";
	struct question question;
	struct finding f;

	(void)state;
	assert_false(question_parse(&question, q, sizeof q - 1));
	assert_false(question_parse_finding(&f, d, sizeof d - 1));
	assert_false(question_parse_finding(&f, s, sizeof s - 1));
}

static void test_cut(void **state)
{
	static const char s[] = "sts 2 1 policy 1 abc enforce 60 none \n" TEXT;
	static const char d[] = "dane 2 1 secure 1 0 0 0 1 none ";
	struct finding f;

	(void)state;
	for (size_t len = 0; len < sizeof d - 1; len++)
		assert_false(question_parse_finding(&f, copy(d, len), len));
	for (size_t len = 0; len < sizeof s - 1; len++)
		assert_false(question_parse_finding(&f, copy(s, len), len));
}

static void test_largest_policy(void **state)
{
	static char text[STS_TEXT_MAX];
	struct finding in = {.seq = UINT32_MAX, .kind = FINDING_STS}, out;
	struct sts_finding *s = &in.sts;
	static const char head[] = "version: STSv1\nmode: enforce\n"
				   "max_age: 31557600\nmx: a.example\nx: ";
	size_t len;

	(void)state;
	memset(text, 'y', sizeof text);
	memcpy(text, head, sizeof head - 1);
	text[sizeof text - 1] = '\n';
	s->found = STS_FOUND_POLICY;
	s->ttl = UINT32_MAX;
	memset(s->id, 'i', STS_ID_MAX);
	memset(s->why.text, 'w', REASON_MAX);
	s->policy = (struct sts_policy){
	    STS_MODE_ENFORCE, STS_MAX_AGE_MAX, text, sizeof text};
	len = question_format_finding(&in, buf);
	assert_true(len > STS_TEXT_MAX);
	assert_true(question_parse_finding(&out, copy(buf, len), len));
	check_sts(&out.sts, s);
}

static void test_note(void **state)
{
	static const char head[] = "note 2 4294967295 ";
	static char der[NOTE_MAX];
	struct finding in = {.seq = UINT32_MAX,
			   .kind = FINDING_NOTE,
			   .note = {.kind = NOTE_CERTIFICATE}},
		       out;
	size_t len;

	(void)state;
	in.note.certificate.der = (const uint8_t *)der;
	in.note.certificate.len = 2 * STS_POLICY_MAX;
	len = question_format_finding(&in, buf);
	assert_true(len > 2 * STS_POLICY_MAX);
	assert_memory_equal(buf, head, sizeof head - 1);
	assert_true(question_parse_finding(&out, copy(buf, len), len));
	assert_int_equal(out.seq, in.seq);
	assert_int_equal(out.note.kind, NOTE_CERTIFICATE);
	assert_int_equal(out.note.certificate.len, 2 * STS_POLICY_MAX);
	assert_false(question_parse_finding(&out, copy(buf, len), len - 1));
	/* What does not fit is not a frame. */
	in.note.certificate.len = sizeof der;
	assert_int_equal(question_format_finding(&in, buf), 0);
}

int main(void)
{
	static struct table t;
	int failures;

	TABLE_ROWS(&t, test_question, question_rows);
	TABLE_ONE(&t, "question: the longest fits", test_longest_question);
	TABLE_ONE(&t, "question: WANT in any order", test_any_order);
	TABLE_ROWS(&t, test_bad_question, bad_questions);
	TABLE_ROWS(&t, test_finding, finding_rows);
	TABLE_ROWS(&t, test_bad_finding, bad_findings);
	TABLE_ONE(&t, "a NUL is refused wherever it stands (peers fault 24)",
	    test_nul);
	TABLE_ONE(&t, "a finding that is cut is none", test_cut);
	TABLE_ONE(&t, "finding: the largest policy fits", test_largest_policy);
	TABLE_ONE(&t, "finding: the longest note", test_note);
	failures = table_run(&t, "question");
	free(exact);
	return failures;
}
