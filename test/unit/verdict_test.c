/* verdict_test: the table of the design, row by row and exhaustively.
 * SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include "table.h"
#include "policy/verdict.h"

#define ONLY VERDICT_DANE_ONLY
#define DANE VERDICT_DANE
#define SECURE VERDICT_SECURE
#define NOTFOUND VERDICT_NOTFOUND
#define TEMP VERDICT_TEMP
#define PENDING VERDICT_PENDING

/* Counts of U, X, N and E; the verdict with S, without, with a failure that
 * counts, and while MTA-STS is pending. */
struct row {
	const char *name;
	enum mx_status mx;
	uint16_t u, x, n, e;
	enum verdict with, without, failed, pending;
	const char *words;
};

#define S MX_SECURE
#define I MX_INSECURE

static const struct row rows[] = {
    {"secure, all U", S, 2, 0, 0, 0, ONLY, ONLY, ONLY, ONLY,
	"secure MX, all hosts with usable TLSA"},
    {"secure, U and N (peers faults 5 and 17)", S, 1, 0, 1, 0, ONLY, DANE, TEMP,
	PENDING, "secure MX, some hosts with usable TLSA"},
    {"secure, U and X", S, 1, 1, 0, 0, ONLY, DANE, TEMP, PENDING,
	"secure MX, some hosts with usable TLSA"},
    {"secure, U and E (peers fault 2)", S, 1, 0, 0, 1, ONLY, DANE, TEMP,
	PENDING, "secure MX, some hosts with usable TLSA"},
    {"secure, no U, some X", S, 0, 1, 0, 0, SECURE, DANE, TEMP, PENDING,
	"secure MX, TLSA but none usable"},
    {"secure, no U, some X, some N", S, 0, 1, 1, 0, SECURE, DANE, TEMP, PENDING,
	"secure MX, TLSA but none usable"},
    {"secure, no U, some E", S, 0, 0, 0, 1, TEMP, DANE, TEMP, PENDING,
	"secure MX, no usable TLSA, some hosts could not be looked up"},
    {"secure, no U, E and N (peers fault 2)", S, 0, 0, 1, 1, TEMP, DANE, TEMP,
	PENDING,
	"secure MX, no usable TLSA, some hosts could not be looked up"},
    {"secure, no U, E and X", S, 0, 1, 0, 1, TEMP, DANE, TEMP, PENDING,
	"secure MX, no usable TLSA, some hosts could not be looked up"},
    {"secure, all N", S, 0, 0, 3, 0, SECURE, NOTFOUND, TEMP, PENDING,
	"secure MX, no host with TLSA"},
    {"secure, all hosts left out is as all N", S, 0, 0, 0, 0, SECURE, NOTFOUND,
	TEMP, PENDING, "secure MX, no host with TLSA"},
    {"insecure, some U: never dane-only (peers fault 4)", I, 1, 0, 0, 0, SECURE,
	DANE, TEMP, PENDING, "insecure MX, some hosts with TLSA"},
    {"insecure, some X", I, 0, 1, 1, 1, SECURE, DANE, TEMP, PENDING,
	"insecure MX, some hosts with TLSA"},
    {"insecure, all N", I, 0, 0, 2, 0, SECURE, NOTFOUND, TEMP, PENDING,
	"insecure MX, no host with TLSA"},
    {"insecure, E alone is no TLSA", I, 0, 0, 0, 1, SECURE, NOTFOUND, TEMP,
	PENDING, "insecure MX, no host with TLSA"},
    {"failed, nothing stale", MX_FAILED, 0, 0, 0, 0, TEMP, TEMP, TEMP, TEMP,
	"MX could not be looked up"},
    {"NXDOMAIN or null MX (peers fault 16)", MX_NONE, 0, 0, 0, 0, NOTFOUND,
	NOTFOUND, NOTFOUND, NOTFOUND, "the domain takes no mail"},
    {"an insecure denial does not get rid of a policy", MX_NONE_INSECURE, 0, 0,
	0, 0, SECURE, NOTFOUND, TEMP, PENDING,
	"insecure: the domain takes no mail"},
};

static void test_row(void **state)
{
	const struct row *row = *state;
	struct dane_finding f = {.mx = row->mx,
	    .usable = row->u,
	    .unusable = row->x,
	    .none = row->n,
	    .error = row->e};

	assert_int_equal(
	    verdict_decide(&f, NULL, STS_STANDING_ENFORCED, false), row->with);
	assert_int_equal(
	    verdict_decide(&f, NULL, STS_STANDING_ABSENT, false), row->without);
	assert_int_equal(
	    verdict_decide(&f, NULL, STS_STANDING_FAILED, false), row->failed);
	assert_int_equal(verdict_decide(&f, NULL, STS_STANDING_PENDING, false),
	    row->pending);
	assert_string_equal(verdict_row(&f), row->words);
}

/* A failed MX RRset with a stale finding beside it. */
static const struct row stale_rows[] = {
    {"stale dane-only is served", S, 1, 0, 0, 0, ONLY, ONLY, ONLY, ONLY, NULL},
    {"stale partial DANE is served as the column says", S, 1, 0, 1, 0, ONLY,
	DANE, TEMP, PENDING, NULL},
    {"stale DANE that S replaces is not served with S", S, 0, 1, 0, 0, TEMP,
	DANE, TEMP, PENDING, NULL},
    {"stale DANE behind an insecure MX is not served with S", I, 1, 0, 0, 0,
	TEMP, DANE, TEMP, PENDING, NULL},
    {"stale absence of TLSA is not served: it would be weaker", S, 0, 0, 1, 0,
	TEMP, TEMP, TEMP, TEMP, NULL},
    {"stale NXDOMAIN is not served", MX_NONE, 0, 0, 0, 0, TEMP, TEMP, TEMP,
	TEMP, NULL},
    {"stale insecure NXDOMAIN is not served", MX_NONE_INSECURE, 0, 0, 0, 0,
	TEMP, TEMP, TEMP, TEMP, NULL},
    {"stale failure is a failure", MX_FAILED, 1, 0, 0, 0, TEMP, TEMP, TEMP,
	TEMP, NULL},
};

static void test_stale(void **state)
{
	const struct row *row = *state;
	struct dane_finding now = {.mx = MX_FAILED};
	struct dane_finding old = {.mx = row->mx,
	    .usable = row->u,
	    .unusable = row->x,
	    .none = row->n,
	    .error = row->e};

	assert_int_equal(
	    verdict_decide(&now, &old, STS_STANDING_ENFORCED, false),
	    row->with);
	assert_int_equal(verdict_decide(&now, &old, STS_STANDING_ABSENT, false),
	    row->without);
	assert_int_equal(verdict_decide(&now, &old, STS_STANDING_FAILED, false),
	    row->failed);
	assert_int_equal(
	    verdict_decide(&now, &old, STS_STANDING_PENDING, false),
	    row->pending);
}

/* The oracle: the design's rows as patterns over what is there, in the order
 * U X N E: '+' some, '-' none, '.' no matter.  Written from the page, not from
 * the code. */
struct oracle_row {
	enum mx_status mx;
	const char *hosts;
	enum verdict with, without, strict;
};

static const struct oracle_row oracle_rows[] = {
    /* all U */
    {S, "+---", ONLY, ONLY, ONLY},
    /* some U, the others N, X or E */
    {S, "++..", ONLY, DANE, ONLY},
    {S, "+.+.", ONLY, DANE, ONLY},
    {S, "+..+", ONLY, DANE, ONLY},
    /* no U, some X, no E */
    {S, "-+.-", SECURE, DANE, NOTFOUND},
    /* no U, some E */
    {S, "-..+", TEMP, DANE, TEMP},
    /* all N; no host counted is the same */
    {S, "--.-", SECURE, NOTFOUND, NOTFOUND},
    /* any U or X */
    {I, "+...", SECURE, DANE, NOTFOUND},
    {I, ".+..", SECURE, DANE, NOTFOUND},
    /* no U, no X */
    {I, "--..", SECURE, NOTFOUND, NOTFOUND},
    {MX_FAILED, "....", TEMP, TEMP, TEMP},
    {MX_NONE, "....", NOTFOUND, NOTFOUND, NOTFOUND},
    {MX_NONE_INSECURE, "....", SECURE, NOTFOUND, NOTFOUND},
};

static bool fits(const char *pattern, const bool there[4])
{
	for (size_t i = 0; i < 4; i++) {
		if (pattern[i] == '+' && !there[i])
			return false;
		if (pattern[i] == '-' && there[i])
			return false;
	}
	return true;
}

enum column { WITH, WITHOUT, STRICT };

static enum verdict oracle_table(
    const struct dane_finding *f, enum column column)
{
	const bool there[4] = {
	    f->usable > 0, f->unusable > 0, f->none > 0, f->error > 0};

	for (size_t i = 0; i < sizeof oracle_rows / sizeof oracle_rows[0];
	     i++) {
		const struct oracle_row *row = &oracle_rows[i];

		if (row->mx == f->mx && fits(row->hosts, there))
			return column == WITH	   ? row->with
			       : column == WITHOUT ? row->without
						   : row->strict;
	}
	fail_msg("the oracle has no row");
	return PENDING;
}

static enum verdict oracle(const struct dane_finding *f,
    const struct dane_finding *stale, enum column column)
{
	enum verdict v = oracle_table(f, column);

	if (f->mx == MX_FAILED && stale != NULL) {
		enum verdict old = oracle_table(stale, column);

		if (old == ONLY || old == DANE)
			return old;
	}
	return v;
}

#define FINDINGS (5 * 16 * 2)

/* All mx states, presence and absence of each kind, counts of 1 and many. */
static struct dane_finding nth_finding(unsigned i)
{
	uint16_t n = i >= 5 * 16 ? 300 : 1;

	return (struct dane_finding){.mx = (enum mx_status)(i / 16 % 5),
	    .usable = i & 1 ? n : 0,
	    .unusable = i & 2 ? n : 0,
	    .none = i & 4 ? n : 0,
	    .error = i & 8 ? n : 0};
}

static void check_all(
    const struct dane_finding *f, const struct dane_finding *stale, bool strict)
{
	enum verdict with = oracle(f, stale, WITH);
	enum verdict without = oracle(f, stale, strict ? STRICT : WITHOUT);
	bool same = with == without;

	assert_int_equal(
	    verdict_decide(f, stale, STS_STANDING_ENFORCED, strict), with);
	assert_int_equal(
	    verdict_decide(f, stale, STS_STANDING_ABSENT, strict), without);
	assert_int_equal(verdict_decide(f, stale, STS_STANDING_FAILED, strict),
	    same ? with : TEMP);
	assert_int_equal(verdict_decide(f, stale, STS_STANDING_PENDING, strict),
	    same ? with : PENDING);
	/* Never weaker than what main.cf has for domains without a policy. */
	if (strict)
		assert_true(without != DANE);
}

static void test_exhaustive(void **state)
{
	struct dane_finding f, stale;

	(void)state;
	for (unsigned i = 0; i < FINDINGS; i++) {
		f = nth_finding(i);
		check_all(&f, NULL, false);
		check_all(&f, NULL, true);
		for (unsigned j = 0; j < FINDINGS; j++) {
			stale = nth_finding(j);
			check_all(&f, &stale, false);
			check_all(&f, &stale, true);
		}
	}
}

/* PENDING with an unknown DANE half is right only if both columns differ
 * within themselves, whatever is stale. */
static void test_dane_pending(void **state)
{
	static const enum sts_standing all[] = {STS_STANDING_ABSENT,
	    STS_STANDING_ENFORCED, STS_STANDING_FAILED, STS_STANDING_PENDING};
	struct dane_finding stale;

	(void)state;
	for (size_t s = 0; s < 4; s++) {
		unsigned seen = 0;

		for (unsigned i = 0; i < FINDINGS; i++) {
			struct dane_finding f = nth_finding(i);

			seen |= 1u << verdict_decide(&f, NULL, all[s], false);
			stale = f;
			assert_int_equal(
			    verdict_decide(NULL, &stale, all[s], false),
			    PENDING);
		}
		assert_true((seen & (seen - 1)) != 0);
		assert_int_equal(
		    verdict_decide(NULL, NULL, all[s], false), PENDING);
	}
	assert_string_equal(verdict_row(NULL), "still being looked up");
}

/* A policy that is enforced must never make mail less protected: a verdict
 * with S is none of those that leave a domain open. */
static void test_never_weaker(void **state)
{
	(void)state;
	for (unsigned i = 0; i < FINDINGS; i++) {
		struct dane_finding f = nth_finding(i);
		enum verdict v =
		    verdict_decide(&f, NULL, STS_STANDING_ENFORCED, false);

		if (f.mx != MX_NONE)
			assert_true(v == ONLY || v == SECURE || v == TEMP);
	}
}

static void test_count(void **state)
{
	struct dane_finding f = {0};

	(void)state;
	for (int i = 0; i < 70000; i++) {
		verdict_count(&f, HOST_USABLE);
		verdict_count(&f, HOST_ERROR);
	}
	verdict_count(&f, HOST_UNUSABLE);
	verdict_count(&f, HOST_NONE);
	verdict_count(&f, HOST_NONE);
	verdict_count(&f, HOST_ABSENT);
	assert_int_equal(f.usable, UINT16_MAX);
	assert_int_equal(f.error, UINT16_MAX);
	assert_int_equal(f.unusable, 1);
	assert_int_equal(f.none, 2);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(verdict_name(ONLY), "dane-only");
	assert_string_equal(verdict_name(DANE), "dane");
	assert_string_equal(verdict_name(SECURE), "secure");
	assert_string_equal(verdict_name(NOTFOUND), "NOTFOUND");
	assert_string_equal(verdict_name(TEMP), "TEMP");
	assert_string_equal(verdict_name(PENDING), "pending");
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	TABLE_ROWS(&t, test_stale, stale_rows);
	TABLE_ONE(
	    &t, "all combinations agree with the oracle", test_exhaustive);
	TABLE_ONE(&t, "nothing is settled before the DANE half is known",
	    test_dane_pending);
	TABLE_ONE(&t, "an enforced policy never leaves a domain open",
	    test_never_weaker);
	TABLE_ONE(
	    &t, "hosts are counted, up to the counter's limit", test_count);
	TABLE_ONE(&t, "verdicts have their names", test_names);
	return table_run(&t, "verdict");
}
