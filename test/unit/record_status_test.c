/* record_status_test: what a record amounts to, the clock being the test's.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "verb/cache/record_status.h"

#define T0 INT64_C(1800000000)

static const char text[] = "version: STSv1\nmode: enforce\nmx: a.example\n"
			   "max_age: 1\n";

static struct config config;

static const struct row {
	const char *name, *key;
	/* DANE: usable hosts; found, due and failed. */
	uint16_t usable;
	int64_t found, due;
	bool failed;
	/* MTA-STS: due; the policy's mode and fetch, 0 without one. */
	int64_t sts_due;
	enum sts_mode mode;
	int64_t fetched;
	uint32_t max_age;
	const char *map;
	enum verdict served, known;
	enum record_status_policy policy;
	bool stale, promise;
} rows[] = {
    {"fresh DANE", "a.example", 1, -10, 10, false, 10, 0, 0, 0, "QUERY",
	VERDICT_DANE_ONLY, VERDICT_DANE_ONLY, RECORD_STATUS_POLICY_NONE, false,
	false},
    {"DANE that is due", "a.example", 1, -10, -1, false, 10, 0, 0, 0, "QUERY",
	VERDICT_PENDING, VERDICT_DANE_ONLY, RECORD_STATUS_POLICY_NONE, false,
	false},
    {"no TLSA, and that is due", "a.example", 0, -10, -1, false, 10, 0, 0, 0,
	"QUERY", VERDICT_PENDING, VERDICT_NOTFOUND, RECORD_STATUS_POLICY_NONE,
	false, false},
    {"DANE from an older finding", "a.example", 1, -1000, 10, true, 10, 0, 0, 0,
	"QUERY", VERDICT_DANE_ONLY, VERDICT_DANE_ONLY,
	RECORD_STATUS_POLICY_NONE, true, false},
    {"not determined", "a.example", 0, 0, 10, true, 10, 0, 0, 0, "QUERY",
	VERDICT_TEMP, VERDICT_TEMP, RECORD_STATUS_POLICY_NONE, false, false},
    {"a policy", "a.example", 0, -10, 10, false, 10, STS_MODE_ENFORCE, -10, 100,
	"QUERY", VERDICT_SECURE, VERDICT_SECURE, RECORD_STATUS_POLICY_ALIVE,
	false, true},
    {"a policy whose TXT is due", "a.example", 0, -10, 10, false, -1,
	STS_MODE_ENFORCE, -10, 100, "QUERY", VERDICT_PENDING, VERDICT_SECURE,
	RECORD_STATUS_POLICY_ALIVE, false, true},
    {"one that has expired", "a.example", 0, -10, 10, false, 10,
	STS_MODE_ENFORCE, -100, 100, "QUERY", VERDICT_PENDING, VERDICT_NOTFOUND,
	RECORD_STATUS_POLICY_EXPIRED, false, false},
    {"testing", "a.example", 0, -10, 10, false, 10, STS_MODE_TESTING, -10, 100,
	"QUERY", VERDICT_NOTFOUND, VERDICT_NOTFOUND, RECORD_STATUS_POLICY_ALIVE,
	false, false},
    {"testing, where it is enforced", "a.example", 0, -10, 10, false, 10,
	STS_MODE_TESTING, -10, 100, "strict", VERDICT_SECURE, VERDICT_SECURE,
	RECORD_STATUS_POLICY_ALIVE, false, true},
    {"a host that the policy names", "[a.example]:25", 0, -10, 10, false, 10,
	STS_MODE_ENFORCE, -10, 100, "QUERY", VERDICT_SECURE, VERDICT_SECURE,
	RECORD_STATUS_POLICY_ALIVE, false, true},
    {"a host that it does not name", "[b.example]:25", 0, -10, 10, false, 10,
	STS_MODE_ENFORCE, -10, 100, "QUERY", VERDICT_NOTFOUND, VERDICT_NOTFOUND,
	RECORD_STATUS_POLICY_ALIVE, false, true},
};

static struct record record_of(const struct row *row)
{
	struct record r;

	record_init(&r);
	r.used = T0 - 5;
	r.dane.asof = row->found != 0 ? T0 + row->found : 0;
	r.dane.checked = T0 - 10;
	r.dane.due = T0 + row->due;
	r.dane.failed = row->failed;
	r.dane.last.mx = MX_SECURE;
	r.dane.last.usable = row->usable;
	r.dane.last.none = row->usable == 0;
	if (row->failed)
		reason_set(&r.dane.why, "SERVFAIL");
	r.sts.checked = T0 - 20;
	r.sts.due = T0 + row->sts_due;
	if (row->fetched != 0) {
		r.sts.fetched = T0 + row->fetched;
		r.sts.policy = (struct sts_policy){
		    row->mode, row->max_age, text, sizeof text - 1};
	}
	return r;
}

static void test_row(void **state)
{
	const struct row *row = *state;
	struct record r = record_of(row);
	struct record_status f;

	config_init(&config);
	if (strcmp(row->map, "strict") == 0) {
		struct reason why;

		assert_true(
		    config_set(&config, "map strict.testing=enforce", &why));
	}
	record_status_of(&f, row->key, &r, &config,
	    config_map(&config, row->map, strlen(row->map)), T0);
	assert_int_equal(f.served, row->served);
	assert_int_equal(f.known, row->known);
	assert_int_equal(f.policy, row->policy);
	assert_int_equal(f.stale, row->stale);
	assert_int_equal(f.failed, row->failed);
	assert_int_equal(f.expires,
	    row->fetched != 0 ? T0 + row->fetched + row->max_age : 0);
	assert_int_equal(f.checked, T0 - 20);
	assert_int_equal(f.used, T0 - 5);
	assert_int_equal(
	    f.due, T0 + (row->due < row->sts_due ? row->due : row->sts_due));
	assert_int_equal(
	    record_status_is_promise(&r, &config, T0), row->promise);
	if (row->served == VERDICT_TEMP)
		assert_string_equal(f.why.text, "SERVFAIL");
}

static void test_nothing_known(void **state)
{
	struct record r;
	struct record_status f;

	(void)state;
	record_init(&r);
	config_init(&config);
	record_status_of(&f, "a.example", &r, &config, &config.maps[0], T0);
	assert_int_equal(f.served, VERDICT_PENDING);
	assert_int_equal(f.known, VERDICT_TEMP);
	assert_int_equal(f.policy, RECORD_STATUS_POLICY_NONE);
	assert_false(record_status_is_promise(&r, &config, T0));
}

static void test_sts_failed(void **state)
{
	struct record r = record_of(&rows[0]);
	struct record_status f;

	(void)state;
	config_init(&config);
	r.sts.failed = true;
	record_status_of(&f, "a.example", &r, &config, &config.maps[0], T0);
	assert_true(f.failed);
	assert_false(f.stale);
}

/* One map of several that takes testing for enforce is enough. */
static void test_promise(void **state)
{
	static const struct row row = {
	    .name = "", .fetched = -10, .max_age = 100};
	struct record r = record_of(&row);
	struct reason why;

	(void)state;
	r.sts.policy.mode = STS_MODE_TESTING;
	config_init(&config);
	assert_false(record_status_is_promise(&r, &config, T0));
	assert_true(config_set(&config, "map QUERY.testing=enforce", &why));
	assert_true(record_status_is_promise(&r, &config, T0));
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ONE(&t, "nothing known", test_nothing_known);
	TABLE_ONE(&t, "MTA-STS that failed is a failure", test_sts_failed);
	TABLE_ONE(&t, "a promise by the first map", test_promise);
	return table_run(&t, "facts");
}
