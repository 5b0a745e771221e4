/* recordjson: the branches of a record, for --json.
 * SPDX-License-Identifier: MIT */
#include "verb/recordjson.h"

#include "cache/fresh.h"

static void dane_object(json_t *o, const struct dane_branch *d)
{
	json_time(o, "determined", d->asof);
	json_time(o, "checked", d->checked);
	json_time(o, "due", d->due);
	json_flag(o, "failed", d->failed);
	json_text(o, "why", d->failed ? d->why.text : d->last.why.text);
	if (d->asof == 0)
		return;
	json_text(o, "row", verdict_row(&d->last));
	json_number(o, "usable", d->last.usable);
	json_number(o, "unusable", d->last.unusable);
	json_number(o, "none", d->last.none);
	json_number(o, "error", d->last.error);
}

static void sts_object(json_t *o, const struct sts_branch *s, int64_t now)
{
	json_time(o, "checked", s->checked);
	json_time(o, "due", s->due);
	json_flag(o, "failed", s->failed);
	json_text(o, "failure", sts_failure_name(sts_failure_of(s->why.cause)));
	json_text(o, "why", s->why.text);
	if (!fresh_policy_alive(s, now))
		return;
	json_text(o, "id", s->id);
	json_text(o, "mode", sts_mode_name(s->policy.mode));
	json_number(o, "max_age", s->policy.max_age);
	json_time(o, "fetched", s->fetched);
	json_time(o, "expires", s->fetched + s->policy.max_age);
	json_text_n(o, "policy", s->policy.text, s->policy.text_len);
}

void recordjson_add(json_t *object, const struct record *r, int64_t now)
{
	dane_object(json_member(object, "dane", json_object()), &r->dane);
	sts_object(json_member(object, "mta_sts", json_object()), &r->sts, now);
}
