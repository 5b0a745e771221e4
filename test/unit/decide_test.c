/* decide_test: the verdict of a record at a moment, while lookups are under way
 * and when they take too long.
 * SPDX-License-Identifier: MIT */
#include "table.h"
#include "serve/decide.h"

#define T0 INT64_C(1800000000)
#define LATE "no answer in 20 s"

static const char text[] = "version: STSv1\nmode: enforce\nmx: a.example\n"
			   "max_age: 1\n";

static const struct row {
	const char *name;
	/* DANE: when it was looked up, from now, 0: never; what it found. */
	int64_t dane, dane_due;
	enum mx_status mx;
	uint16_t usable, error;
	/* MTA-STS: looked up; the policy's fetch, 0 without one; failed. */
	int64_t sts, sts_due, fetched;
	bool sts_failed;
	int64_t since, asked; /* from now, 0: none */
	bool late, dane_pending, sts_pending, defer;
	enum verdict verdict;
	const char *why;
	const char *key;  /* NULL: the domain a.example */
	enum cause cause; /* of what failed of MTA-STS, if not HTTP status */
	bool fetching, queued;
	uint32_t max_age; /* of the policy; 0: 1000 */
} rows[] = {
#define NO_TLSA(at, due) at, due, MX_SECURE, 0, 0
#define TLSA(at, due) at, due, MX_SECURE, 1, 0
#define POLICY(at, due) at, due, -100, false
#define NO_POLICY(at, due) at, due, 0, false
#define UNKNOWN 0, 0
#define ABSENT 0, 0, 0, false
    {"all is fresh", NO_TLSA(-5, 5), POLICY(-5, 5), 0, 0, false, false, false,
	false, VERDICT_SECURE, "", NULL, CAUSE_NONE, false, false, 0},
    {"DANE is due", NO_TLSA(-5, -1), POLICY(-5, 5), 0, 0, false, false, false,
	false, VERDICT_PENDING, "", NULL, CAUSE_NONE, false, false, 0},
    {"a TTL of 0 answers the question that led to it", NO_TLSA(-5, -5),
	POLICY(-5, -5), 0, -5, false, false, false, false, VERDICT_SECURE, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"but not one that was asked later", NO_TLSA(-5, -5), POLICY(-5, -5), 0, -4,
	false, false, false, false, VERDICT_PENDING, "", NULL, CAUSE_NONE,
	false, false, 0},
    {"looked up in the second from which it counts", NO_TLSA(-5, 5),
	POLICY(-5, 5), -5, 0, false, false, false, false, VERDICT_SECURE, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"looked up before what counts", NO_TLSA(-5, 5), POLICY(-5, 5), -4, 0,
	false, false, false, false, VERDICT_PENDING, "", NULL, CAUSE_NONE,
	false, false, 0},
    {"DANE is fresh, and its lookup is under way", TLSA(-5, 5),
	NO_POLICY(-5, 5), 0, 0, false, true, false, false, VERDICT_PENDING, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"the same, and it takes too long", TLSA(-5, 5), NO_POLICY(-5, 5), 0, 0,
	true, true, false, false, VERDICT_DANE_ONLY, "", NULL, CAUSE_NONE,
	false, false, 0},
    {"the same, and there was no TLSA", NO_TLSA(-5, 5), NO_POLICY(-5, 5), 0, 0,
	true, true, false, false, VERDICT_TEMP, LATE, NULL, CAUSE_NONE, false,
	false, 0},
    {"an MX that failed is told by its reason", -5, 5, MX_FAILED, 0, 0,
	NO_POLICY(-5, 5), 0, 0, false, false, false, false, VERDICT_TEMP,
	"SERVFAIL", NULL, CAUSE_NONE, false, false, 0},
    {"a host that failed is left to Postfix", -5, 5, MX_SECURE, 0, 1,
	NO_POLICY(-5, 5), 0, 0, false, false, false, false, VERDICT_DANE, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"a host that failed comes before a policy that did", -5, 5, MX_SECURE, 0,
	1, -5, 5, 0, true, 0, 0, false, false, false, true, VERDICT_TEMP,
	"SERVFAIL", NULL, CAUSE_NONE, false, false, 0},
    {"a host whose policy failed, where that stops mail", NO_TLSA(-5, 5), -5, 5,
	0, true, 0, 0, false, false, false, true, VERDICT_TEMP,
	"HTTP status 404", "[a.example]:25", CAUSE_NONE, false, false, 0},
    {"the id was confirmed, the daily fetch is not waited for", NO_TLSA(-5, 5),
	POLICY(-5, 5), 0, 0, false, false, true, false, VERDICT_SECURE, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"MTA-STS failed, and is looked up again", NO_TLSA(-5, 5), -5, 5, 0, true,
	0, 0, false, false, true, false, VERDICT_PENDING, "", NULL, CAUSE_NONE,
	false, false, 0},
    {"MTA-STS failed before: that stops no mail when it is late",
	NO_TLSA(-5, 5), -5, -1, 0, true, 0, 0, true, false, true, false,
	VERDICT_NOTFOUND, "", NULL, CAUSE_NONE, false, false, 0},
    {"unless it is to", NO_TLSA(-5, 5), -5, -1, 0, true, 0, 0, true, false,
	true, true, VERDICT_TEMP, "HTTP status 404", NULL, CAUSE_NONE, false,
	false, 0},
    {"MTA-STS was never looked up, and it is late", NO_TLSA(-5, 5), UNKNOWN, 0,
	false, 0, 0, true, false, true, false, VERDICT_TEMP, LATE, NULL,
	CAUSE_NONE, false, false, 0},
    {"a policy that lives counts when it is late", NO_TLSA(-5, 5),
	POLICY(-5, -1), 0, 0, true, false, true, false, VERDICT_SECURE, "",
	NULL, CAUSE_NONE, false, false, 0},
    {"the policy host hangs: mail goes at the deadline", NO_TLSA(-5, 5),
	UNKNOWN, 0, false, 0, 0, true, false, true, false, VERDICT_NOTFOUND, "",
	NULL, CAUSE_NONE, true, false, 0},
    {"the same, with TLSA for some", -5, 5, MX_SECURE, 1, 1, UNKNOWN, 0, false,
	0, 0, true, false, true, false, VERDICT_DANE, "", NULL, CAUSE_NONE,
	true, false, 0},
    {"the same, where a failed policy stops mail", NO_TLSA(-5, 5), UNKNOWN, 0,
	false, 0, 0, true, false, true, true, VERDICT_TEMP, LATE, NULL,
	CAUSE_NONE, true, false, 0},
    {"resolve died: that is not the domain's failure", NO_TLSA(-5, 5), -5, 5, 0,
	true, 0, 0, false, false, false, false, VERDICT_TEMP, "HTTP status 404",
	NULL, CAUSE_RESOLVE_DIED, false, false, 0},
    {"resolve died before, and it is late", NO_TLSA(-5, 5), -5, -1, 0, true, 0,
	0, true, false, true, false, VERDICT_TEMP, "HTTP status 404", NULL,
	CAUSE_RESOLVE_DIED, false, false, 0},
    {"no name server answered: that is not the domain's either", NO_TLSA(-5, 5),
	-5, 5, 0, true, 0, 0, false, false, false, false, VERDICT_TEMP,
	"HTTP status 404", NULL, CAUSE_DNS_SILENT, false, false, 0},
    {"but a policy that lives holds", NO_TLSA(-5, 5), -5, 5, -100, true, 0, 0,
	false, false, false, false, VERDICT_SECURE, "", NULL,
	CAUSE_RESOLVE_DIED, false, false, 0},
    {"resolve is busy: TEMP says so", NO_TLSA(0, 0), ABSENT, 0, 0, true, true,
	true, false, VERDICT_TEMP, "resolve is busy", NULL, CAUSE_NONE, false,
	true, 0},
    {"a policy of one second that was fetched for the question", NO_TLSA(-4, 5),
	-4, 5, -3, false, 0, -5, false, false, false, false, VERDICT_SECURE, "",
	NULL, CAUSE_NONE, false, false, 1},
    {"one that was fetched before is over", NO_TLSA(-4, 5), -4, 5, -6, false, 0,
	-5, false, false, false, false, VERDICT_NOTFOUND, "", NULL, CAUSE_NONE,
	false, false, 1},
    {"nothing is known, and it is late", NO_TLSA(0, 0), ABSENT, 0, 0, true,
	true, true, false, VERDICT_TEMP, LATE, NULL, CAUSE_NONE, false, false,
	0},
};

static int64_t at(int64_t offset)
{
	return offset != 0 ? T0 + offset : 0;
}

static void test_row(void **state)
{
	const struct row *row = *state;
	const char *key = row->key != NULL ? row->key : "a.example";
	static struct config config;
	struct domain domain;
	struct reason why = {0};
	struct record r;
	struct lookup lookup = {.dane_pending = row->dane_pending,
	    .sts_pending = row->sts_pending,
	    .fetching = row->fetching,
	    .queued = row->queued};
	bool pending = row->dane_pending || row->sts_pending;
	struct decision j = {.config = &config,
	    .map = config.maps,
	    .domain = &domain,
	    .record = &r,
	    .now = T0,
	    .since = at(row->since),
	    .asked = at(row->asked),
	    .late = row->late,
	    .lookup = pending ? &lookup : NULL};

	config_init(&config);
	config.answer_timeout = 20;
	config.sts_failure_defer = row->defer;
	domain_parse(&domain, key, strlen(key));
	record_init(&r);
	r.dane.checked = at(row->dane);
	r.dane.due = at(row->dane_due);
	r.dane.failed = row->mx == MX_FAILED;
	if (!r.dane.failed)
		r.dane.asof = r.dane.checked;
	r.dane.last.mx = row->mx;
	r.dane.last.usable = row->usable;
	r.dane.last.error = row->error;
	r.dane.last.none = row->usable + row->error == 0;
	reason_fail(&r.dane.why, CAUSE_DNS_SERVFAIL, "SERVFAIL");
	r.dane.last.why = r.dane.why;
	r.sts.checked = at(row->sts);
	r.sts.due = at(row->sts_due);
	r.sts.failed = row->sts_failed;
	if (row->sts_failed)
		reason_fail(&r.sts.why,
		    row->cause != CAUSE_NONE ? row->cause : CAUSE_HTTPS_STATUS,
		    "HTTP status 404");
	if (row->fetched != 0) {
		r.sts.fetched = at(row->fetched);
		r.sts.policy = (struct sts_policy){STS_MODE_ENFORCE,
		    row->max_age != 0 ? row->max_age : 1000, text,
		    sizeof text - 1};
	}
	assert_int_equal(decide_record(&j, &why), row->verdict);
	if (row->why[0] == '\0')
		assert_string_equal(why.text, "");
	else if (strstr(why.text, row->why) == NULL)
		fail_msg("said \"%s\"", why.text);
}

int main(void)
{
	static struct table t;

	TABLE_ROWS(&t, test_row, rows);
	return table_run(&t, "decide");
}
