/* share_test: the frames between a serving process and share, and the address
 * of a shared cache.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "wire/share.h"
#include "wire/shareurl.h"

static char buf[SHARE_FRAME_MAX];

struct frame_row {
	const char *name;
	struct share_frame f;
	const char *frame;
};

static const struct frame_row frame_rows[] = {
    {"share: get", {.kind = SHARE_GET, .seq = 1, .key = "example.com"},
	"get 1 1 example.com "},
    {"share: a host in brackets",
	{.kind = SHARE_GET, .seq = 4294967295, .key = "[mx.a.b]:587"},
	"get 1 4294967295 [mx.a.b]:587 "},
    {"share: a lease",
	{.kind = SHARE_LEASE, .seq = 2, .since = 1800000000, .key = "a.b"},
	"lease 1 2 1800000000 a.b "},
    {"share: put",
	{.kind = SHARE_PUT,
	    .seq = 3,
	    .key = "a.b",
	    .record = "\0\n x",
	    .record_len = 4},
	"put 1 3 a.b \n\0\n x"},
    {"share: leave", {.kind = SHARE_LEAVE, .seq = 4}, "leave 1 4 "},
    {"share: drop", {.kind = SHARE_DROP, .seq = 4, .key = "a.b"},
	"drop 1 4 a.b "},
    {"share: state", {.kind = SHARE_STATE, .seq = 5}, "state 1 5 "},
    {"share: found",
	{.kind = SHARE_FOUND, .seq = 6, .record = "r", .record_len = 1},
	"found 1 6 \nr"},
    {"share: fetched",
	{.kind = SHARE_FETCHED, .seq = 6, .record = "r", .record_len = 1},
	"fetched 1 6 \nr"},
    {"share: none", {.kind = SHARE_NONE, .seq = 7, .why = SHARE_REFUSED},
	"none 1 7 refused "},
    {"share: mine", {.kind = SHARE_MINE, .seq = 8}, "mine 1 8 "},
    {"share: busy", {.kind = SHARE_BUSY, .seq = 8}, "busy 1 8 "},
    {"share: dropped", {.kind = SHARE_DROPPED, .seq = 9, .why = SHARE_MISS},
	"dropped 1 9 miss "},
    {"share: stated",
	{.kind = SHARE_STATED,
	    .seq = 9,
	    .why = SHARE_DOWN,
	    .usec = 4294967295,
	    .text = "no answer: given up"},
	"stated 1 9 down 4294967295 no answer: given up"},
};

static void test_frame(void **state)
{
	const struct frame_row *row = *state;
	size_t len = share_format(&row->f, buf);
	struct share_frame f;
	char *exact;

	assert_true(len > 0);
	assert_memory_equal(buf, row->frame, len);
	exact = test_malloc(len);
	memcpy(exact, buf, len);
	assert_true(share_parse(&f, exact, len));
	assert_int_equal(f.kind, row->f.kind);
	assert_int_equal(f.seq, row->f.seq);
	assert_int_equal(f.since, row->f.since);
	assert_int_equal(f.why, row->f.why);
	assert_int_equal(f.usec, row->f.usec);
	assert_string_equal(f.key, row->f.key);
	assert_string_equal(f.text, row->f.text);
	assert_int_equal(f.record_len, row->f.record_len);
	if (f.record_len > 0)
		assert_memory_equal(f.record, row->f.record, row->f.record_len);
	test_free(exact);
}

struct bad_row {
	const char *name;
	const char *text;
};

static const struct bad_row bad_frames[] = {
    {"bad share: nothing", ""},
    {"bad share: another kind", "got 1 1 a.b "},
    {"bad share: another version", "get 2 1 a.b "},
    {"bad share: number 0", "get 1 0 a.b "},
    {"bad share: a number too large", "get 1 4294967296 a.b "},
    {"bad share: no key", "get 1 1 "},
    {"bad share: a key without an end", "get 1 1 a.b"},
    {"bad share: more than a key", "get 1 1 a.b c "},
    {"bad share: a key that is not printable", "get 1 1 a\x7f "},
    {"bad share: put without a record", "put 1 1 a.b "},
    {"bad share: put of an empty record", "put 1 1 a.b \n"},
    {"bad share: a record without its line", "found 1 1 r"},
    {"bad share: an unknown reason", "none 1 1 why "},
    {"bad share: more than a word", "mine 1 1 x"},
    {"bad share: a text that is not printable", "stated 1 1 ok 5 a\tb"},
    {"bad share: a time below zero", "stated 1 1 ok -5 a"},
};

static void test_bad_frame(void **state)
{
	const struct bad_row *row = *state;
	size_t len = strlen(row->text);
	char *exact = test_malloc(len + 1);
	struct share_frame f;

	memcpy(exact, row->text, len);
	assert_false(share_parse(&f, exact, len));
	test_free(exact);
}

static void test_largest(void **state)
{
	static char record[SHARE_RECORD_MAX + 1];
	struct share_frame f = {.kind = SHARE_PUT,
			       .seq = UINT32_MAX,
			       .record = record,
			       .record_len = SHARE_RECORD_MAX},
			   out;
	size_t len;

	(void)state;
	memset(f.key, 'k', DOMAIN_KEY_MAX);
	len = share_format(&f, buf);
	assert_true(len > SHARE_RECORD_MAX);
	assert_true(share_parse(&out, buf, len));
	assert_string_equal(out.key, f.key);
	f.record_len++;
	assert_int_equal(share_format(&f, buf), 0);
}

struct url_row {
	const char *name;
	const char *text;
	struct shareurl u;
};

static const struct url_row urls[] = {
    {"url: a host", "redis://cache.example",
	{.kind = SHAREURL_TCP,
	    .hosts = {{"cache.example", 6379}},
	    .n_hosts = 1}},
    {"url: all of it", "redis://127.0.0.1:6380/15",
	{.kind = SHAREURL_TCP,
	    .hosts = {{"127.0.0.1", 6380}},
	    .n_hosts = 1,
	    .db = 15}},
    {"url: IPv6, with TLS", "rediss://[fd00::1]:6390",
	{.kind = SHAREURL_TLS, .hosts = {{"fd00::1", 6390}}, .n_hosts = 1}},
    {"url: a slash and nothing", "redis://a/",
	{.kind = SHAREURL_TCP, .hosts = {{"a", 6379}}, .n_hosts = 1}},
    {"url: a path", "unix:/run/redis/s",
	{.kind = SHAREURL_UNIX, .path = "/run/redis/s"}},
    {"url: sentinels", "sentinel://a,b:1,[::1]/mymaster/3",
	{.kind = SHAREURL_SENTINEL,
	    .hosts = {{"a", 26379}, {"b", 1}, {"::1", 26379}},
	    .n_hosts = 3,
	    .name = "mymaster",
	    .db = 3}},
};

static void test_url(void **state)
{
	const struct url_row *row = *state;
	struct reason why;
	struct shareurl u;

	assert_true(shareurl_parse(&u, row->text, &why));
	assert_int_equal(u.kind, row->u.kind);
	assert_int_equal(u.n_hosts, row->u.n_hosts);
	for (size_t i = 0; i < u.n_hosts; i++) {
		assert_string_equal(u.hosts[i].name, row->u.hosts[i].name);
		assert_int_equal(u.hosts[i].port, row->u.hosts[i].port);
	}
	assert_string_equal(u.path, row->u.path);
	assert_string_equal(u.name, row->u.name);
	assert_int_equal(u.db, row->u.db);
}

static const struct bad_row bad_urls[] = {
    {"bad url: nothing", ""},
    {"bad url: a host alone", "cache.example"},
    {"bad url: another scheme", "http://a"},
    {"bad url: no host", "redis://"},
    {"bad url: no host, but a port", "redis://:6379"},
    {"bad url: a user", "redis://user@a"},
    {"bad url: port 0", "redis://a:0"},
    {"bad url: port 65536", "redis://a:65536"},
    {"bad url: no port", "redis://a:"},
    {"bad url: a port that is a word", "redis://a:redis"},
    {"bad url: two hosts", "redis://a,b"},
    {"bad url: a database that is a word", "redis://a/x"},
    {"bad url: more than a database", "redis://a/1/2"},
    {"bad url: a bracket that stays open", "redis://[::1"},
    {"bad url: more after a bracket", "redis://[::1]x"},
    {"bad url: a path from here", "unix:run/s"},
    {"bad url: no path", "unix:"},
    {"bad url: a path that no address holds",
	"unix:/0123456789012345678901234567890123456789012345678901234567890"
	"123456789012345678901234567890123456789012345678901234567890"},
    {"bad url: sentinels of nothing", "sentinel://a,b"},
    {"bad url: sentinels without a name", "sentinel://a/"},
    {"bad url: a comma at the end", "sentinel://a,/m"},
    {"bad url: nine sentinels", "sentinel://a,b,c,d,e,f,g,h,i/m"},
};

static void test_bad_url(void **state)
{
	const struct bad_row *row = *state;
	struct reason why;
	struct shareurl u;

	reason_clear(&why);
	assert_false(shareurl_parse(&u, row->text, &why));
	assert_true(why.text[0] != '\0');
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_frame, frame_rows);
	TABLE_ROWS(&t, test_bad_frame, bad_frames);
	TABLE_ONE(
	    &t, "share: the largest fits, and no larger one", test_largest);
	TABLE_ROWS(&t, test_url, urls);
	TABLE_ROWS(&t, test_bad_url, bad_urls);
	return table_run(&t, "share");
}
