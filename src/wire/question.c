/* question: what a serving process asks `resolve`.
 * SPDX-License-Identifier: MIT */
#include "wire/question.h"

#include <string.h>
#include "wire/fields.h"

static const char *const question_kinds[] = {
    [QUESTION_MX] = "mx",
    [QUESTION_HOST] = "host",
    [QUESTION_NAME] = "name",
};

/* Frames that name an open question and nothing else. */
static const char *const order_words[] = {
    [QUESTION_LATER] = "later",
    [QUESTION_CANCEL] = "cancel",
    [QUESTION_GO] = "go",
    [QUESTION_WAIT] = "wait",
    [QUESTION_SKIP] = "skip",
};

static size_t format_order(
    const struct question *q, char buf[static QUESTION_MAX])
{
	struct bytes b;

	bytes_init(&b, buf, QUESTION_MAX);
	fields_put_word(&b, order_words[q->kind]);
	fields_put_number(&b, QUESTION_VERSION);
	fields_put_number(&b, q->seq);
	/* The last field has no blank after it. */
	return b.bad ? 0 : (size_t)((char *)b.at - buf) - 1;
}

size_t question_format(const struct question *q, char buf[static QUESTION_MAX])
{
	char want[9], *w = want;
	struct bytes b;

	if (q->kind >= QUESTION_LATER)
		return format_order(q, buf);
	if (q->dane)
		*w++ = 'd';
	if (q->sts)
		*w++ = 's';
	if (q->fetch)
		*w++ = 'f';
	if (q->notes)
		*w++ = 'x';
	if (q->report)
		*w++ = 'r';
	if (q->background)
		*w++ = 'b';
	if (q->new)
		*w++ = 'n';
	if (q->hold)
		*w++ = 'h';
	*w = '\0';
	bytes_init(&b, buf, QUESTION_MAX);
	fields_put(&b, "question ");
	fields_put_number(&b, QUESTION_VERSION);
	fields_put_number(&b, q->seq);
	fields_put_word(&b, question_kinds[q->kind]);
	fields_put_number(&b, q->port);
	fields_put_word(&b, want);
	fields_put_word(&b, q->id);
	fields_put(&b, q->name);
	return b.bad ? 0 : (size_t)((char *)b.at - buf);
}

static bool *find_want(struct question *q, char letter)
{
	switch (letter) {
	case 'd':
		return &q->dane;
	case 's':
		return &q->sts;
	case 'f':
		return &q->fetch;
	case 'x':
		return &q->notes;
	case 'r':
		return &q->report;
	case 'b':
		return &q->background;
	case 'n':
		return &q->new;
	case 'h':
		return &q->hold;
	}
	return NULL;
}

/* Letters in any order, each once. */
static void take_want(struct fields *f, struct question *q)
{
	struct field field = fields_take(f);
	bool *flag;

	q->dane = q->sts = q->fetch = q->notes = q->report = false;
	q->background = q->new = q->hold = false;
	if (fields_is_word(field, FIELDS_NONE))
		return;
	for (size_t i = 0; i < field.len; i++) {
		flag = find_want(q, field.text[i]);
		if (flag == NULL || *flag) {
			f->bad = true;
			return;
		}
		*flag = true;
	}
}

/* A name in the form that domain_parse() makes of it. */
static void take_question_name(struct fields *f, struct question *q)
{
	struct field field = fields_take_rest(f);
	struct domain d;

	if (f->bad)
		return;
	domain_parse(&d, field.text, field.len);
	if (d.kind != DOMAIN_MX || !fields_is_word(field, d.name) ||
	    (d.utf8 && q->kind != QUESTION_NAME)) {
		f->bad = true;
		return;
	}
	memcpy(q->name, d.name, field.len + 1);
}

static bool parse_order(struct question *q, struct fields *f, struct field word)
{
	int kind = QUESTION_LATER;

	memset(q, 0, sizeof *q);
	while (
	    kind < QUESTION_KINDS && !fields_is_word(word, order_words[kind]))
		kind++;
	if (kind == QUESTION_KINDS)
		return false;
	q->kind = (enum question_kind)kind;
	fields_take_number(f, QUESTION_VERSION, QUESTION_VERSION);
	q->seq = fields_take_last_number(f, 1, UINT32_MAX);
	return !f->bad;
}

bool question_parse(struct question *q, const char *payload, size_t len)
{
	struct fields f;
	struct field word;

	fields_init(&f, payload, len, QUESTION_MAX);
	word = fields_take(&f);
	if (!fields_is_word(word, "question"))
		return parse_order(q, &f, word);
	fields_take_number(&f, QUESTION_VERSION, QUESTION_VERSION);
	q->seq = fields_take_number(&f, 1, UINT32_MAX);
	q->kind = (enum question_kind)fields_take_choice(&f, question_kinds,
	    sizeof question_kinds / sizeof question_kinds[0]);
	q->port = (uint16_t)fields_take_number(&f, 1, UINT16_MAX);
	take_want(&f, q);
	fields_take_id(&f, q->id);
	take_question_name(&f, q);
	return !f.bad;
}
