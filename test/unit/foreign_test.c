/* foreign_test: how far what another machine says is believed.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "cache/fresh.h"
#include "fleet/foreign.h"

#define NOW INT64_C(1800000000)
#define HOUR 3600
#define DAY FRESH_DAY

#define TEXT(mode, age)                                                        \
	"version: STSv1\nmode: " mode "\nmx: a.example\nmax_age: " age "\n"

static const char enforce[] = TEXT("enforce", "604800");
static const char testing[] = TEXT("testing", "604800");
static const char none[] = TEXT("none", "604800");
static const char brief[] = TEXT("enforce", "7200");
static const char year[] = TEXT("enforce", "999999999");

static struct sts_branch policy(
    const char *id, const char *text, int64_t fetched, int64_t due)
{
	struct sts_branch s = {
	    .checked = fetched, .fetched = fetched, .due = due};

	strcpy(s.id, id);
	s.policy =
	    (struct sts_policy){.mode = text == testing ? STS_MODE_TESTING
					: text == none	? STS_MODE_NONE
							: STS_MODE_ENFORCE,
		.max_age = text == brief  ? 7200
			   : text == year ? STS_MAX_AGE_MAX
					  : 604800,
		.text = text,
		.text_len = strlen(text)};
	return s;
}

static struct dane_branch dane(int64_t asof, uint32_t ttl, int64_t due)
{
	return (struct dane_branch){.asof = asof,
	    .checked = asof,
	    .due = due,
	    .last = {.mx = MX_SECURE, .usable = 1, .ttl = ttl}};
}

/* ---- what is cut down, and what is refused ---- */

enum scribble {
	NOTHING,
	FUTURE_DANE,
	FUTURE_CHECK,
	FUTURE_FETCH,
	BELOW_ZERO,
	OTHER_MODE,
	OTHER_AGE,
	NO_TEXT,
	NO_ID,
	ODD_ID,
	ODD_REASON,
};

struct clean_row {
	const char *name;
	enum scribble what;
	bool good;
};

static const struct clean_row clean_rows[] = {
    {"what is sound is believed", NOTHING, true},
    {"an MX answer of tomorrow is not", FUTURE_DANE, false},
    {"nor a TXT answer of tomorrow", FUTURE_CHECK, false},
    {"nor a policy of tomorrow", FUTURE_FETCH, false},
    {"nor a time before all times", BELOW_ZERO, false},
    {"nor a mode that the policy's text does not have", OTHER_MODE, false},
    {"nor a max_age that it does not have", OTHER_AGE, false},
    {"nor a policy without a text", NO_TEXT, false},
    {"nor one without an id", NO_ID, false},
    {"nor an id with a blank", ODD_ID, false},
    {"nor a reason that is not printable", ODD_REASON, false},
};

static void test_clean(void **state)
{
	const struct clean_row *row = *state;
	struct record r = {.used = 5,
	    .uses = 7,
	    .dane = dane(NOW - HOUR, 2 * HOUR, NOW + HOUR),
	    .sts = policy("a1", enforce, NOW - HOUR, NOW + HOUR)};

	switch (row->what) {
	case NOTHING:
		break;
	case FUTURE_DANE:
		r.dane.asof = NOW + FOREIGN_SKEW_MAX + 1;
		break;
	case FUTURE_CHECK:
		r.sts.checked = NOW + FOREIGN_SKEW_MAX + 1;
		break;
	case FUTURE_FETCH:
		r.sts.fetched = INT64_MAX;
		break;
	case BELOW_ZERO:
		r.dane.checked = -1;
		break;
	case OTHER_MODE:
		r.sts.policy.mode = STS_MODE_NONE;
		break;
	case OTHER_AGE:
		r.sts.policy.max_age = STS_MAX_AGE_MAX;
		break;
	case NO_TEXT:
		r.sts.policy.text_len = 0;
		break;
	case NO_ID:
		r.sts.id[0] = '\0';
		break;
	case ODD_ID:
		strcpy(r.sts.id, "a b");
		break;
	case ODD_REASON:
		strcpy(r.sts.why.text, "a\nb");
		break;
	}
	assert_int_equal(foreign_clean(&r, NOW), row->good);
	assert_int_equal(r.used, 0);
	assert_int_equal(r.uses, 0);
	assert_int_equal(r.sts.fetched != 0, row->good);
	assert_int_equal(r.dane.asof != 0, row->good);
}

static void test_ttl(void **state)
{
	struct record r = {.dane = dane(NOW - 10, 60, NOW + DAY)};

	(void)state;
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.dane.due, NOW + 50);
	/* A clock that is ahead of ours lengthens nothing. */
	r.dane = dane(NOW + 200, 60, NOW + 260);
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.dane.due, NOW + 60);
	r.dane = dane(NOW, UINT32_MAX, INT64_MAX);
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.dane.due, NOW + DAY);
}

static void test_failures(void **state)
{
	struct record r = {.dane = dane(NOW, 60, NOW + 60),
	    .sts = policy("a1", enforce, NOW - HOUR, NOW + HOUR)};

	(void)state;
	r.dane.failed = true;
	r.sts.failed = true;
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.dane.asof, 0);
	assert_int_equal(r.sts.checked, 0);
	r.dane = dane(NOW, 60, NOW + 60);
	r.dane.last.error = 1;
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.dane.asof, 0);
}

static void test_life(void **state)
{
	struct record r = {
	    .sts = policy("a1", year, NOW + 100, NOW + 90 * DAY)};

	(void)state;
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.sts.fetched, NOW);
	assert_int_equal(r.sts.due, NOW + DAY);
	assert_int_equal(r.sts.policy.max_age, STS_MAX_AGE_MAX);
	r.sts = policy("a1", enforce, NOW - 604800, NOW + HOUR);
	assert_true(foreign_clean(&r, NOW));
	assert_int_equal(r.sts.fetched, 0);
	assert_string_equal(r.sts.id, "");
}

/* ---- what is taken ---- */

struct merge_row {
	const char *name;
	struct {
		const char *id, *text; /* NULL: no policy */
		int64_t fetched, checked, due;
	} ours, theirs;
	const char *id; /* of the policy after it, "" for none */
	bool pending;	/* is it still to be looked up? */
};

static const struct merge_row merge_rows[] = {
    {"nothing here: a fresh policy is taken", {0},
	{"b2", enforce, NOW - 9, NOW - 9, NOW + HOUR}, "b2", false},
    {"nothing here: a policy whose TXT is due is taken, and looked at", {0},
	{"b2", enforce, NOW - DAY / 2, NOW - DAY / 2, NOW - 1}, "b2", true},
    {"nothing here: that nothing is published is taken", {0},
	{NULL, NULL, 0, NOW - 9, NOW + HOUR}, "", false},
    {"nothing here: what is no longer fresh is not", {0},
	{NULL, NULL, 0, NOW - DAY, NOW - 1}, "", true},
    {"an enforced policy gives way to a new one",
	{"a1", enforce, NOW - DAY, NOW - DAY, NOW - 1},
	{"b2", enforce, NOW - 9, NOW - 9, NOW + HOUR}, "b2", false},
    {"also where our TXT was looked at later",
	{"a1", enforce, NOW - DAY, NOW - 5, NOW - 1},
	{"b2", enforce, NOW - 9, NOW - 9, NOW + HOUR}, "b2", false},
    {"not to an older one", {"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"b2", enforce, NOW - 100, NOW - 9, NOW + HOUR}, "a1", true},
    {"not to one in testing", {"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"b2", testing, NOW - 9, NOW - 9, NOW + HOUR}, "a1", true},
    {"not to mode none", {"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"b2", none, NOW - 9, NOW - 9, NOW + HOUR}, "a1", true},
    {"not to one that ends sooner",
	{"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"b2", brief, NOW - 9, NOW - 9, NOW + HOUR}, "a1", true},
    {"not to nothing", {"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{NULL, NULL, 0, NOW - 9, NOW + HOUR}, "a1", true},
    {"the same one is confirmed", {"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"a1", enforce, NOW - 99, NOW - 9, NOW + HOUR}, "a1", false},
    {"another one of the same second is not taken",
	{"a1", enforce, NOW - 99, NOW - 99, NOW - 1},
	{"b2", enforce, NOW - 99, NOW - 9, NOW + HOUR}, "a1", true},
    {"one in testing gives way to one that is enforced",
	{"a1", testing, NOW - 99, NOW - 99, NOW - 1},
	{"b2", enforce, NOW - 9, NOW - 9, NOW + HOUR}, "b2", false},
    {"one that has expired gives way to nothing",
	{"a1", brief, NOW - DAY, NOW - DAY, NOW - 1},
	{NULL, NULL, 0, NOW - 9, NOW + HOUR}, "", false},
};

static void test_merge(void **state)
{
	const struct merge_row *row = *state;
	struct record ours = {0}, theirs = {0};
	bool d = false, s = true;

	if (row->ours.id != NULL)
		ours.sts = policy(row->ours.id, row->ours.text,
		    row->ours.fetched, row->ours.due);
	if (row->theirs.id != NULL)
		theirs.sts = policy(row->theirs.id, row->theirs.text,
		    row->theirs.fetched, row->theirs.due);
	ours.sts.checked = row->ours.checked;
	ours.sts.due = row->ours.due;
	theirs.sts.checked = row->theirs.checked;
	theirs.sts.due = row->theirs.due;
	foreign_merge(&ours, &theirs, NOW, NOW, &d, &s);
	assert_string_equal(ours.sts.id, row->id);
	assert_int_equal(s, row->pending);
	assert_false(d);
}

static void test_merge_dane(void **state)
{
	struct record ours = {.dane = dane(NOW - 90, 60, NOW - 30)};
	struct record theirs = {.dane = dane(NOW - 9, 60, NOW + 51)};
	bool d = true, s = false;

	(void)state;
	theirs.dane.last.usable = 2;
	/* Ahead of time: more than half of its life is over. */
	foreign_merge(&ours, &theirs, NOW + 30, NOW + 100, &d, &s);
	assert_true(d);
	assert_int_equal(ours.dane.last.usable, 1);
	/* No longer fresh. */
	foreign_merge(&ours, &theirs, NOW + 51, NOW + 51, &d, &s);
	assert_true(d);
	foreign_merge(&ours, &theirs, NOW, NOW + 100, &d, &s);
	assert_false(d);
	assert_int_equal(ours.dane.last.usable, 2);
	/* What is not asked for stays as it is. */
	ours.dane.last.usable = 3;
	foreign_merge(&ours, &theirs, NOW, NOW, &d, &s);
	assert_int_equal(ours.dane.last.usable, 3);
}

/* ---- what is told ---- */

static void test_export(void **state)
{
	struct record r = {.used = 5,
	    .uses = 7,
	    .dane = dane(NOW, 60, NOW + 60),
	    .sts = policy("a1", enforce, NOW - HOUR, NOW + 300)};
	struct record out;

	(void)state;
	assert_true(foreign_export(&out, &r, NOW));
	assert_int_equal(out.used, 0);
	assert_int_equal(out.uses, 0);
	assert_int_equal(out.dane.asof, NOW);
	assert_int_equal(foreign_lifetime(&out, NOW), 604800 - HOUR);
	/* A failure of ours is told to nobody; the policy is. */
	r.dane.failed = true;
	r.sts.failed = true;
	r.sts.failures = 3;
	r.sts.checked = NOW;
	assert_true(foreign_export(&out, &r, NOW));
	assert_int_equal(out.dane.asof, 0);
	assert_false(out.sts.failed);
	assert_int_equal(out.sts.checked, NOW - HOUR);
	assert_false(fresh_sts(&out.sts, NOW));
	assert_true(fresh_policy_alive(&out.sts, NOW));
	/* Failures alone are nothing. */
	r.sts = (struct sts_branch){
	    .checked = NOW, .due = NOW + 300, .failed = true};
	assert_false(foreign_export(&out, &r, NOW));
	assert_int_equal(foreign_lifetime(&out, NOW), 0);
}

static void test_join(void **state)
{
	struct record a = {.dane = dane(NOW - 9, 60, NOW + 51),
	    .sts = policy("a1", enforce, NOW - 9, NOW + 300)};
	struct record b = {.dane = dane(NOW - 5, 60, NOW + 55),
	    .sts = policy("b2", enforce, NOW - 99, NOW + 300)};

	(void)state;
	b.sts.checked = NOW;
	foreign_join(&a, &b);
	assert_int_equal(a.dane.asof, NOW - 5);
	assert_string_equal(a.sts.id, "a1");
	b.sts.fetched = NOW - 8;
	foreign_join(&a, &b);
	assert_string_equal(a.sts.id, "b2");
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_clean, clean_rows);
	TABLE_ONE(&t, "DANE lives for its TTLs and no longer", test_ttl);
	TABLE_ONE(&t, "failures of others are theirs", test_failures);
	TABLE_ONE(
	    &t, "a policy lives as if it had been fetched here", test_life);
	TABLE_ROWS(&t, test_merge, merge_rows);
	TABLE_ONE(&t, "DANE is taken while it is fresh", test_merge_dane);
	TABLE_ONE(&t, "what others are told", test_export);
	TABLE_ONE(&t, "of two that others hear of, the newer", test_join);
	return table_run(&t, "foreign");
}
