/* share: what a serving process and `share` say to each other.
 * SPDX-License-Identifier: MIT */
#include "wire/share.h"

#include <string.h>
#include "wire/fields.h"

static const char *const kinds[SHARE_KINDS] = {
    [SHARE_GET] = "get",
    [SHARE_LEASE] = "lease",
    [SHARE_PUT] = "put",
    [SHARE_LEAVE] = "leave",
    [SHARE_DROP] = "drop",
    [SHARE_STATE] = "state",
    [SHARE_FOUND] = "found",
    [SHARE_NONE] = "none",
    [SHARE_MINE] = "mine",
    [SHARE_BUSY] = "busy",
    [SHARE_FETCHED] = "fetched",
    [SHARE_DROPPED] = "dropped",
    [SHARE_STATED] = "stated",
};

static const char *const whys[SHARE_WHYS] = {
    [SHARE_OK] = "ok",
    [SHARE_MISS] = "miss",
    [SHARE_REFUSED] = "refused",
    [SHARE_DOWN] = "down",
};

/* What follows SEQ in each kind of frame. */
static const struct shape {
	bool since, key, why, usec, text, record;
} shapes[SHARE_KINDS] = {
    [SHARE_GET] = {.key = true},
    [SHARE_LEASE] = {.since = true, .key = true},
    [SHARE_PUT] = {.key = true, .record = true},
    [SHARE_DROP] = {.key = true},
    [SHARE_FOUND] = {.record = true},
    [SHARE_NONE] = {.why = true},
    [SHARE_FETCHED] = {.record = true},
    [SHARE_DROPPED] = {.why = true},
    [SHARE_STATED] = {.why = true, .usec = true, .text = true},
};

size_t share_format(
    const struct share_frame *f, char buf[static SHARE_FRAME_MAX])
{
	const struct shape *shape = &shapes[f->kind];
	struct bytes b;

	bytes_init(&b, buf, SHARE_FRAME_MAX);
	fields_put_word(&b, kinds[f->kind]);
	fields_put_number(&b, SHARE_VERSION);
	fields_put_number(&b, f->seq);
	if (shape->since)
		fields_put_number(&b, f->since);
	if (shape->key)
		fields_put_word(&b, f->key);
	if (shape->why)
		fields_put_word(&b, whys[f->why]);
	if (shape->usec)
		fields_put_number(&b, f->usec);
	if (shape->text)
		fields_put(&b, f->text);
	if (shape->record) {
		fields_put(&b, "\n");
		bytes_put(&b, f->record, f->record_len);
	}
	return b.bad || f->record_len > SHARE_RECORD_MAX
		   ? 0
		   : (size_t)((char *)b.at - buf);
}

static void take_key(struct fields *in, char key[static DOMAIN_KEY_MAX + 1])
{
	struct field field = fields_take(in);

	if (field.len > DOMAIN_KEY_MAX || !fields_is_printable(field)) {
		in->bad = true;
		return;
	}
	memcpy(key, field.text, field.len);
	key[field.len] = '\0';
}

static void take_text(struct fields *in, char text[static REASON_MAX + 1])
{
	struct field field = fields_take_rest(in);

	if (field.len > REASON_MAX || !fields_is_printable(field)) {
		in->bad = true;
		return;
	}
	memcpy(text, field.text, field.len);
	text[field.len] = '\0';
}

static void take_record(struct fields *in, struct share_frame *f)
{
	struct field field = fields_take_rest(in);

	if (in->bad || field.len < 2 || field.text[0] != '\n' ||
	    field.len - 1 > SHARE_RECORD_MAX) {
		in->bad = true;
		return;
	}
	f->record = field.text + 1;
	f->record_len = field.len - 1;
}

bool share_parse(struct share_frame *f, const char *payload, size_t len)
{
	const struct shape *shape;
	struct fields in;

	memset(f, 0, sizeof *f);
	fields_init(&in, payload, len, SHARE_FRAME_MAX);
	f->kind = (enum share_kind)fields_take_choice(&in, kinds, SHARE_KINDS);
	fields_take_number(&in, SHARE_VERSION, SHARE_VERSION);
	f->seq = fields_take_number(&in, 1, UINT32_MAX);
	if (in.bad)
		return false;
	shape = &shapes[f->kind];
	if (shape->since)
		f->since = fields_take_number(&in, 0, UINT32_MAX);
	if (shape->key)
		take_key(&in, f->key);
	if (shape->why)
		f->why =
		    (enum share_why)fields_take_choice(&in, whys, SHARE_WHYS);
	if (shape->usec)
		f->usec = fields_take_number(&in, 0, UINT32_MAX);
	if (shape->text)
		take_text(&in, f->text);
	if (shape->record)
		take_record(&in, f);
	return !in.bad && in.at == in.end;
}
