/* fuzz mtasts: whatever the TXT record and the policy host say, the lookup
 * ends, fetches once at most and only for one valid record, and finds a policy
 * only where one was fetched.
 * SPDX-License-Identifier: MIT
 *
 * The input: u8 how it is called, then the answer for the TXT record
 * (answers.h); the rest is the file of the policy host. */
#include "lookup/mtasts.h"

#include <string.h>
#include "answers.h"
#include "fuzz.h"

enum { FETCH = 1, KNOWN = 2, FAIL = 4, CANCEL = 8, CANCEL_FETCH = 16 };

/* The one fetch that may be under way. */
static struct https_fetch {
	void (*done)(void *arg, const struct https_result *r);
	void *arg;
} fetch;
static size_t fetches;
static bool fetching;

/* What was found: before the end, and at it. */
static size_t early, last;
static enum sts_found found_early, found_last;
static char id[STS_ID_MAX + 1];
static const char *body;
static size_t body_len;

struct https_fetch *https_get_policy(struct https *h, const char *domain,
    const bool *is_background, const struct notes *notes,
    void (*done)(void *arg, const struct https_result *r), void *arg)
{
	(void)h;
	(void)is_background;
	(void)notes;
	MUST(strcmp(domain, "example") == 0 && !fetching);
	fetch = (struct https_fetch){done, arg};
	fetches++;
	fetching = true;
	return &fetch;
}

void https_cancel(struct https_fetch *f)
{
	MUST(f == NULL || (f == &fetch && fetching));
	if (f != NULL)
		fetching = false;
}

static void check_policy(const struct sts_finding *f)
{
	static char text[STS_TEXT_MAX];
	struct sts_policy p;
	struct sts_fault fault;
	struct reason why;

	MUST(body != NULL && strcmp(f->id, id) == 0);
	MUST(sts_parse_policy(&p, body, body_len, text, &fault, &why));
	MUST(p.mode == f->policy.mode && p.max_age == f->policy.max_age);
	MUST(sts_text_is_canonical(&f->policy));
	MUST(sts_text_has_terms(&f->policy));
}

static void on_found(void *arg, const struct mtasts_found *found)
{
	const struct sts_finding *f = found->finding;

	(void)arg;
	MUST(last == 0);
	if (!found->is_last) {
		MUST(f->found == STS_FOUND_SAME ||
		     f->found == STS_FOUND_FETCHING);
		strcpy(id, f->id);
		found_early = f->found;
		early++;
		return;
	}
	found_last = f->found;
	last++;
	if (f->found == STS_FOUND_POLICY)
		check_policy(f);
	if (f->found == STS_FOUND_TXT_FAILED ||
	    f->found == STS_FOUND_FETCH_FAILED)
		MUST(f->why.cause != CAUSE_NONE);
}

/* The policy host answers with what is left of the input. */
static void answer_fetch(bool fail)
{
	static char file[STS_POLICY_MAX];
	struct https_result r = {.body = file};

	while (answers_left() > 0 && r.len < sizeof file)
		file[r.len++] = (char)answers_byte();
	if (fail) {
		r.body = NULL;
		r.len = 0;
		reason_fail(&r.why, CAUSE_HTTPS_CERTIFICATE, "fuzzed");
	}
	body = r.body;
	body_len = r.len;
	fetching = false;
	fetch.done(fetch.arg, &r);
}

static void check(uint8_t how)
{
	const struct answers_given *txt =
	    answers_find("_mta-sts.example", DNS_TXT);

	MUST(txt != NULL && last == 1 && early == fetches && fetches <= 1);
	if (fetches > 0)
		MUST(txt->outcome != DNS_FAILED && txt->content == DNS_DATA);
	switch (found_last) {
	case STS_FOUND_ABSENT:
		MUST(txt->outcome != DNS_FAILED && fetches == 0);
		return;
	case STS_FOUND_SAME:
		MUST((how & KNOWN) != 0 && (how & FETCH) == 0 && fetches == 0);
		return;
	case STS_FOUND_FETCHING:
		MUST(false); /* it never is the last */
		return;
	case STS_FOUND_TXT_FAILED:
		MUST(txt->outcome == DNS_FAILED && fetches == 0);
		return;
	case STS_FOUND_POLICY:
	case STS_FOUND_FETCH_FAILED:
		MUST(fetches == 1);
		if (found_early == STS_FOUND_SAME)
			MUST((how & KNOWN) != 0 && (how & FETCH) != 0);
		return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const bool background = false;
	struct mtasts *m;
	uint8_t how;

	answers_begin(data, size);
	how = answers_byte();
	fetches = early = last = 0;
	fetching = false;
	body = NULL;
	m = mtasts_start(NULL, NULL,
	    &(const struct mtasts_question){.name = "example",
		.id = (how & KNOWN) != 0 ? "aaaa" : "",
		.fetch = (how & FETCH) != 0,
		.is_background = &background},
	    NULL, on_found, NULL);
	if ((how & CANCEL) == 0)
		MUST(answers_step());
	if (last == 0 && fetching && (how & CANCEL_FETCH) == 0)
		answer_fetch((how & FAIL) != 0);
	if (last == 0 && (how & (CANCEL | CANCEL_FETCH)) != 0)
		mtasts_cancel(m);
	else
		check(how);
	MUST(answers_open() == 0 && answers_asked() == 1 && !fetching);
	return 0;
}
