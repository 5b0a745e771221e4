/* fuzz question: a frame that is read is written back the same.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "wire/question.h"

static void check_question(const char *frame, size_t size)
{
	static char buf[QUESTION_MAX];
	struct question q, again;
	size_t len;

	if (!question_parse(&q, frame, size))
		return;
	/* Those that speak of an open question have its number alone. */
	MUST(q.seq != 0 && (q.kind >= QUESTION_LATER) == (q.port == 0));
	/* The letters of WANT may come in another order, all else stands. */
	len = question_format(&q, buf);
	MUST(len == size);
	MUST(question_parse(&again, buf, len));
	MUST(again.seq == q.seq && again.kind == q.kind);
	MUST(again.port == q.port && again.dane == q.dane);
	MUST(again.sts == q.sts && again.fetch == q.fetch);
	MUST(again.notes == q.notes && again.report == q.report);
	MUST(strcmp(again.id, q.id) == 0);
	MUST(strcmp(again.name, q.name) == 0);
}

static void check_finding(const char *frame, size_t size)
{
	static char buf[FINDING_MAX];
	struct finding f;

	if (!question_parse_finding(&f, frame, size))
		return;
	MUST(f.seq != 0);
	if (f.kind == FINDING_STS && f.sts.found == STS_FOUND_POLICY) {
		MUST(sts_text_is_canonical(&f.sts.policy));
		MUST(f.sts.policy.max_age <= STS_MAX_AGE_MAX);
	}
	MUST(question_format_finding(&f, buf) == size);
	MUST(memcmp(buf, frame, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_question((const char *)data, size);
	check_finding((const char *)data, size);
	return 0;
}
