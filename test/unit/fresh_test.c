/* fresh_test: how findings age, with the clock in the test's hand.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "cache/fresh.h"

#define T0 INT64_C(1800000000)
#define MINUTE 60
#define HOUR 3600
#define DAY FRESH_DAY
#define MIN_TTL 60

static const char text[] = "version: STSv1\nmode: enforce\nmx: a.example\n"
			   "max_age: 1\n";

static struct sts_finding policy(
    const char *id, enum sts_mode mode, uint32_t max_age, uint32_t ttl)
{
	struct sts_finding f = {.found = STS_FOUND_POLICY,
	    .ttl = ttl,
	    .policy = {.mode = mode,
		.max_age = max_age,
		.text = text,
		.text_len = sizeof text - 1}};

	strcpy(f.id, id);
	return f;
}

static struct sts_finding other(enum sts_found found, uint32_t ttl)
{
	struct sts_finding f = {.found = found, .ttl = ttl};

	if (found == STS_FOUND_FETCH_FAILED)
		reason_fail(&f.why, CAUSE_HTTPS_CONNECT, "because");
	else if (found == STS_FOUND_TXT_FAILED)
		reason_fail(&f.why, CAUSE_DNS_SERVFAIL, "because");
	else
		reason_set(&f.why, "because");
	return f;
}

static struct dane_finding dane(
    enum mx_status mx, uint16_t usable, uint16_t error, uint32_t ttl)
{
	struct dane_finding f = {
	    .mx = mx, .usable = usable, .error = error, .ttl = ttl};

	if (mx == MX_FAILED || error > 0)
		reason_fail(&f.why, CAUSE_DNS_SERVFAIL, "SERVFAIL");
	return f;
}

static enum sts_standing standing(const struct sts_branch *s, int64_t now)
{
	return fresh_standing(s, now, false, false);
}

static void nothing_known_is_due(void **state)
{
	struct record r;

	(void)state;
	record_init(&r);
	assert_false(fresh_dane(&r.dane, T0));
	assert_false(fresh_sts(&r.sts, T0));
	assert_false(fresh_policy_alive(&r.sts, T0));
	assert_null(fresh_dane_finding(&r.dane, NULL));
	assert_null(fresh_stale(&r.dane, T0));
}

static void dane_lives_for_its_ttl(void **state)
{
	static const struct {
		const char *name;
		uint32_t ttl, lives;
	} rows[] = {
	    {"a TTL below min-ttl is raised to it", 5, MIN_TTL},
	    {"a TTL of zero too", 0, MIN_TTL},
	    {"a TTL in between is kept", 1000, 1000},
	    {"a TTL over a day is cut", 10 * DAY, DAY},
	    {"the largest TTL is cut", UINT32_MAX, DAY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dane_branch d = {0};
		struct dane_finding f = dane(MX_SECURE, 1, 0, rows[i].ttl);

		fresh_merge_dane(&d, &f, T0, MIN_TTL);
		assert_true(fresh_dane(&d, T0 + rows[i].lives - 1));
		assert_false(fresh_dane(&d, T0 + rows[i].lives));
	}
}

static void incomplete_dane_backs_off_from_5_seconds_to_5_minutes(void **state)
{
	static const int64_t waits[] = {5, 10, 20, 40, 80, 160, 300, 300};
	struct dane_branch d = {0};
	struct dane_finding good = dane(MX_SECURE, 1, 0, 600);
	int64_t now = T0;

	(void)state;
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		/* An E among the hosts counts as a failed MX does. */
		struct dane_finding f = i % 2 ? dane(MX_SECURE, 1, 1, 3600)
					      : dane(MX_FAILED, 0, 0, 0);

		fresh_merge_dane(&d, &f, now, MIN_TTL);
		assert_true(fresh_dane(&d, now + waits[i] - 1));
		now += waits[i];
		assert_false(fresh_dane(&d, now));
	}
	fresh_merge_dane(&d, &good, now, MIN_TTL);
	assert_true(fresh_dane(&d, now + 599));
	assert_string_equal(d.why.text, "");
	fresh_merge_dane(
	    &d, &(struct dane_finding){.mx = MX_FAILED}, now, MIN_TTL);
	assert_false(fresh_dane(&d, now + 5));
}

static void a_failed_mx_keeps_the_last_finding_for_a_day(void **state)
{
	struct dane_branch d = {0};
	struct dane_finding good = dane(MX_SECURE, 1, 0, 600);
	struct dane_finding bad = dane(MX_FAILED, 0, 0, 0), now;

	(void)state;
	fresh_merge_dane(&d, &good, T0, MIN_TTL);
	fresh_merge_dane(&d, &bad, T0 + 700, MIN_TTL);
	assert_int_equal(fresh_dane_finding(&d, &now)->mx, MX_FAILED);
	assert_string_equal(now.why.text, "SERVFAIL");
	assert_int_equal(fresh_stale(&d, T0 + DAY - 1)->usable, 1);
	assert_null(fresh_stale(&d, T0 + DAY));
}

static void max_age_counts_from_the_fetch_never_from_the_txt(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, DAY, 300);
	struct sts_finding same = other(STS_FOUND_SAME, 300);

	(void)state;
	fresh_merge_sts(&s, &p, T0);
	for (int64_t t = 300; t < DAY; t += 300) {
		fresh_merge_sts(&s, &same, T0 + t);
		assert_int_equal(standing(&s, T0 + t), STS_STANDING_ENFORCED);
	}
	assert_false(fresh_policy_alive(&s, T0 + DAY));
	/* An unchanged id does not revive it (peers' fault 14). */
	fresh_merge_sts(&s, &same, T0 + DAY);
	assert_int_equal(standing(&s, T0 + DAY), STS_STANDING_ABSENT);
	assert_string_equal(s.id, "");
}

static void the_txt_is_looked_at_after_its_ttl(void **state)
{
	static const struct {
		const char *name;
		uint32_t ttl, due;
	} rows[] = {
	    {"not before five minutes", 1, 300},
	    {"its TTL", 4000, 4000},
	    {"a day at the latest", 30 * DAY, DAY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sts_branch s = {0};
		struct sts_finding p =
		    policy("1", STS_MODE_ENFORCE, 90 * DAY, rows[i].ttl);

		fresh_merge_sts(&s, &p, T0);
		assert_true(fresh_sts(&s, T0 + rows[i].due - 1));
		assert_false(fresh_sts(&s, T0 + rows[i].due));
	}
}

static void a_living_policy_survives(void **state)
{
	static const struct {
		const char *name;
		enum sts_found found;
	} rows[] = {
	    {"a TXT that could not be looked up", STS_FOUND_TXT_FAILED},
	    {"a TXT that vanished", STS_FOUND_ABSENT},
	    {"a fetch that failed, or an invalid policy",
		STS_FOUND_FETCH_FAILED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sts_branch s = {0};
		struct sts_finding p =
		    policy("1", STS_MODE_ENFORCE, 30 * DAY, 300);
		struct sts_finding f = other(rows[i].found, 300);

		fresh_merge_sts(&s, &p, T0);
		for (int64_t t = 300; t < 30 * DAY; t += HOUR) {
			fresh_merge_sts(&s, &f, T0 + t);
			assert_int_equal(
			    standing(&s, T0 + t), STS_STANDING_ENFORCED);
			assert_string_equal(s.id, "1");
		}
		assert_int_equal(
		    standing(&s, T0 + 30 * DAY), STS_STANDING_ABSENT);
	}
}

static void the_daily_fetch_is_due_although_the_id_stands(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, 30 * DAY, 300);
	struct sts_finding same = other(STS_FOUND_SAME, 300);

	(void)state;
	fresh_merge_sts(&s, &p, T0);
	fresh_merge_sts(&s, &same, T0 + HOUR);
	assert_false(fresh_fetch_due(&s, T0 + DAY - 1));
	assert_true(fresh_fetch_due(&s, T0 + DAY));
	fresh_merge_sts(&s, &p, T0 + DAY);
	assert_false(fresh_fetch_due(&s, T0 + DAY + 1));
	assert_true(fresh_policy_alive(&s, T0 + 31 * DAY - 1));
}

static void none_and_max_age_zero_withdraw_at_once(void **state)
{
	static const struct {
		const char *name;
		enum sts_mode mode;
		uint32_t max_age;
	} rows[] = {
	    {"mode none", STS_MODE_NONE, DAY},
	    {"mode none with max_age 0 (fault 33)", STS_MODE_NONE, 0},
	    {"mode enforce with max_age 0", STS_MODE_ENFORCE, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sts_branch s = {0};
		struct sts_finding p =
		    policy("1", STS_MODE_ENFORCE, 30 * DAY, 300);
		struct sts_finding q =
		    policy("2", rows[i].mode, rows[i].max_age, 600);

		fresh_merge_sts(&s, &p, T0);
		fresh_merge_sts(&s, &q, T0 + HOUR);
		assert_int_equal(standing(&s, T0 + HOUR), STS_STANDING_ABSENT);
		/* And it is not asked for again at every question. */
		assert_true(fresh_sts(&s, T0 + HOUR + 599));
		assert_false(fresh_sts(&s, T0 + HOUR + 600));
	}
}

/* Peers' fault 32: max_age below every interval. */
static void a_short_max_age_leaves_no_gap(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, 20, 3600);

	(void)state;
	for (int64_t t = T0; t < T0 + HOUR; t += 20) {
		assert_false(fresh_sts(&s, t));
		assert_true(fresh_fetch_due(&s, t));
		fresh_merge_sts(&s, &p, t);
		assert_true(fresh_sts(&s, t + 19));
		assert_int_equal(standing(&s, t + 19), STS_STANDING_ENFORCED);
	}
}

static void a_failed_fetch_backs_off_for_five_minutes(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding f = other(STS_FOUND_FETCH_FAILED, 10);
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, 20, 300);

	(void)state;
	for (int64_t t = T0; t < T0 + HOUR; t += 300) {
		assert_false(fresh_sts(&s, t));
		fresh_merge_sts(&s, &f, t);
		assert_true(fresh_sts(&s, t + 299));
		assert_int_equal(standing(&s, t), STS_STANDING_ABSENT);
		assert_int_equal(
		    fresh_standing(&s, t, false, true), STS_STANDING_FAILED);
	}
	/* An expired policy does not turn the back-off into a hammer. */
	fresh_merge_sts(&s, &p, T0);
	fresh_merge_sts(&s, &f, T0 + 10);
	assert_true(fresh_sts(&s, T0 + 25));
}

static void testing_counts_where_the_map_says_so(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding p = policy("1", STS_MODE_TESTING, DAY, 300);

	(void)state;
	fresh_merge_sts(&s, &p, T0);
	assert_int_equal(
	    fresh_standing(&s, T0, false, true), STS_STANDING_ABSENT);
	assert_int_equal(
	    fresh_standing(&s, T0, true, false), STS_STANDING_ENFORCED);
}

static void a_clock_set_back_a_year_keeps_policies_and_drops_ttls(void **state)
{
	struct record r;
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, 30 * DAY, 300);
	struct sts_finding failed = other(STS_FOUND_TXT_FAILED, 0);
	struct dane_finding good = dane(MX_SECURE, 1, 0, 600);
	int64_t back = T0 - 365 * DAY;

	(void)state;
	record_init(&r);
	fresh_merge_sts(&r.sts, &p, T0);
	fresh_merge_dane(&r.dane, &good, T0, MIN_TTL);
	assert_false(fresh_dane(&r.dane, back));
	assert_null(fresh_stale(&r.dane, back));
	assert_false(fresh_sts(&r.sts, back));
	assert_true(fresh_fetch_due(&r.sts, back));
	assert_int_equal(standing(&r.sts, back), STS_STANDING_ENFORCED);
	/* max_age counts from the fetch: a clock that is wrong for a moment
	 * costs no policy when it is right again. */
	fresh_merge_sts(&r.sts, &failed, back);
	assert_int_equal(standing(&r.sts, back + DAY), STS_STANDING_ENFORCED);
	assert_int_equal(standing(&r.sts, T0 + DAY), STS_STANDING_ENFORCED);
	assert_false(fresh_policy_alive(&r.sts, T0 + 30 * DAY));
}

/* resolve died, memory ended, no name server answered. */
static void what_is_not_the_domains_failure_is_not_absence(void **state)
{
	static const enum cause causes[] = {CAUSE_RESOLVE_DIED, CAUSE_MEMORY,
	    CAUSE_DNS_SILENT, CAUSE_DNS_STRIPPED, CAUSE_FILE,
	    CAUSE_RESOLVE_BUSY, CAUSE_HTTPS_PROXY};
	struct sts_finding absent = other(STS_FOUND_ABSENT, 300);

	(void)state;
	for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
		struct sts_finding f = {.found = STS_FOUND_FETCH_FAILED};
		struct sts_branch s = {0};
		int64_t now = T0, wait = FRESH_RETRY_MIN;

		strcpy(f.id, "1");
		reason_fail(&f.why, causes[i], "because");
		for (int n = 0; n < 10; n++) {
			fresh_merge_sts(&s, &f, now);
			assert_int_equal(
			    standing(&s, now), STS_STANDING_FAILED);
			assert_true(fresh_sts(&s, now + wait - 1));
			assert_false(fresh_sts(&s, now + wait));
			now += wait;
			wait = wait * 2 > FRESH_RETRY_MAX ? FRESH_RETRY_MAX
							  : wait * 2;
		}
		fresh_merge_sts(&s, &absent, now);
		assert_int_equal(standing(&s, now), STS_STANDING_ABSENT);
	}
}

/* A year of one domain, asked every minute: looked at when due, fetched daily,
 * never without its policy, though its servers fail every other week. */
static void a_year_without_a_gap(void **state)
{
	struct sts_branch s = {0};
	struct sts_finding p = policy("1", STS_MODE_ENFORCE, 15 * DAY, 3600);
	struct sts_finding same = other(STS_FOUND_SAME, 3600);
	struct sts_finding down = other(STS_FOUND_TXT_FAILED, 0);
	int fetches = 0, looks = 0;

	(void)state;
	for (int64_t t = 0; t < 365 * DAY; t += MINUTE) {
		bool up = t / (7 * DAY) % 2 == 0;

		if (!fresh_sts(&s, T0 + t)) {
			bool fetch = fresh_fetch_due(&s, T0 + t);

			looks++;
			fetches += up && fetch;
			fresh_merge_sts(
			    &s, up ? fetch ? &p : &same : &down, T0 + t);
		}
		assert_int_equal(standing(&s, T0 + t), STS_STANDING_ENFORCED);
	}
	assert_in_range(fetches, 180, 190);
	assert_in_range(looks, 56000, 58000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_known_is_due),
	    cmocka_unit_test(dane_lives_for_its_ttl),
	    cmocka_unit_test(
		incomplete_dane_backs_off_from_5_seconds_to_5_minutes),
	    cmocka_unit_test(a_failed_mx_keeps_the_last_finding_for_a_day),
	    cmocka_unit_test(max_age_counts_from_the_fetch_never_from_the_txt),
	    cmocka_unit_test(the_txt_is_looked_at_after_its_ttl),
	    cmocka_unit_test(a_living_policy_survives),
	    cmocka_unit_test(the_daily_fetch_is_due_although_the_id_stands),
	    cmocka_unit_test(none_and_max_age_zero_withdraw_at_once),
	    cmocka_unit_test(a_short_max_age_leaves_no_gap),
	    cmocka_unit_test(a_failed_fetch_backs_off_for_five_minutes),
	    cmocka_unit_test(testing_counts_where_the_map_says_so),
	    cmocka_unit_test(
		a_clock_set_back_a_year_keeps_policies_and_drops_ttls),
	    cmocka_unit_test(what_is_not_the_domains_failure_is_not_absence),
	    cmocka_unit_test(a_year_without_a_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
