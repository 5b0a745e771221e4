/* foreign: records that another machine made; pure, the clock is passed in.
 * SPDX-License-Identifier: MIT */
#include "fleet/foreign.h"

#include <string.h>
#include "base/ascii.h"
#include "base/text.h"
#include "cache/fresh.h"
#include "wire/share.h"

_Static_assert(RECORD_MAX <= SHARE_RECORD_MAX, "room for a record");

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void forget_policy(struct sts_branch *s)
{
	s->id[0] = '\0';
	s->fetched = 0;
	memset(&s->policy, 0, sizeof s->policy);
}

/* ---- what others get ---- */

bool foreign_export(struct record *to, const struct record *from, int64_t now)
{
	*to = *from;
	to->used = 0;
	to->uses = 0;
	if (from->dane.failed || from->dane.failures > 0 ||
	    from->dane.last.error > 0)
		memset(&to->dane, 0, sizeof to->dane);
	if (!fresh_policy_alive(&from->sts, now))
		forget_policy(&to->sts);
	if (from->sts.failed) {
		/* The policy stands, but nothing was learned of it. */
		to->sts.checked = to->sts.fetched;
		to->sts.due = to->sts.fetched;
		to->sts.failed = false;
		to->sts.failures = 0;
		reason_clear(&to->sts.why);
	}
	return to->dane.asof != 0 || to->sts.checked != 0;
}

int64_t foreign_lifetime(const struct record *r, int64_t now)
{
	int64_t end = r->dane.due > r->sts.due ? r->dane.due : r->sts.due;

	if (r->sts.fetched != 0 && r->sts.fetched + r->sts.policy.max_age > end)
		end = r->sts.fetched + r->sts.policy.max_age;
	return end > now ? end - now : 0;
}

/* ---- what we take ---- */

static bool is_printable(const struct reason *why)
{
	for (const char *p = why->text; *p != '\0'; p++)
		if (!text_is_printable(*p))
			return false;
	return true;
}

static bool is_id(const char *id)
{
	if (*id == '\0')
		return false;
	for (; *id != '\0'; id++)
		if (!ascii_is_alnum(*id))
			return false;
	return true;
}

static bool is_time(int64_t t, int64_t now)
{
	return t >= 0 && t <= now + FOREIGN_SKEW_MAX;
}

static bool clean_dane(struct dane_branch *d, int64_t now)
{
	if (!is_time(d->asof, now) || !is_time(d->checked, now) || d->due < 0 ||
	    !is_printable(&d->why) || !is_printable(&d->last.why))
		return false;
	if (d->asof == 0 || d->failed || d->failures > 0 ||
	    d->last.mx == MX_FAILED || d->last.error > 0) {
		memset(d, 0, sizeof *d);
		return true;
	}
	d->asof = least(d->asof, now);
	d->checked = d->asof;
	d->due = least(d->due, d->asof + least(d->last.ttl, FRESH_DAY));
	return true;
}

static bool clean_sts(struct sts_branch *s, int64_t now)
{
	if (!is_time(s->checked, now) || !is_time(s->fetched, now) ||
	    s->due < 0 || !is_printable(&s->why))
		return false;
	if (s->fetched != 0 &&
	    (!is_id(s->id) || !sts_text_is_canonical(&s->policy) ||
		!sts_text_has_terms(&s->policy)))
		return false;
	if (s->failed || s->checked == 0) {
		memset(s, 0, sizeof *s);
		return true;
	}
	s->failures = 0;
	s->fetched = least(s->fetched, now);
	s->checked = least(s->checked, now);
	s->due = least(s->due, s->checked + FRESH_DAY);
	if (!fresh_policy_alive(s, now))
		forget_policy(s);
	return true;
}

bool foreign_clean(struct record *r, int64_t now)
{
	r->used = 0;
	r->uses = 0;
	if (clean_dane(&r->dane, now) && clean_sts(&r->sts, now))
		return true;
	record_init(r);
	return false;
}

static int64_t end_of(const struct sts_branch *s)
{
	return s->fetched + s->policy.max_age;
}

/* May `from` stand in place of `ours`?  See foreign_merge(). */
static bool is_stronger(
    const struct sts_branch *ours, const struct sts_branch *from, int64_t now)
{
	bool same = strcmp(ours->id, from->id) == 0;

	if (!fresh_policy_alive(ours, now))
		return true;
	if (!fresh_policy_alive(from, now) || from->fetched < ours->fetched)
		return false;
	if (from->fetched == ours->fetched && !same)
		return false;
	return ours->policy.mode != STS_MODE_ENFORCE ||
	       (from->policy.mode == STS_MODE_ENFORCE &&
		   end_of(from) >= end_of(ours));
}

/* Is it fresh at `until`, or as good as what would be looked up now?  A short
 * TTL is over before that, whoever looks. */
static bool is_worth(int64_t since, int64_t due, int64_t now, int64_t until)
{
	return due > until || due - now >= (due - since) / 2;
}

void foreign_merge(struct record *into, const struct record *from, int64_t now,
    int64_t until, bool *dane, bool *sts)
{
	if (*dane && from->dane.asof > into->dane.asof &&
	    fresh_dane(&from->dane, now) &&
	    is_worth(from->dane.asof, from->dane.due, now, until)) {
		into->dane = from->dane;
		*dane = false;
	}
	if (!*sts ||
	    (from->sts.checked <= into->sts.checked &&
		from->sts.fetched <= into->sts.fetched) ||
	    !is_stronger(&into->sts, &from->sts, now))
		return;
	if (fresh_sts(&from->sts, now) &&
	    is_worth(from->sts.checked, from->sts.due, now, until)) {
		into->sts = from->sts;
		*sts = false;
	} else if (fresh_policy_alive(&from->sts, now)) {
		into->sts = from->sts;
	}
}

void foreign_join(struct record *into, const struct record *from)
{
	if (from->dane.asof > into->dane.asof)
		into->dane = from->dane;
	if (from->sts.fetched > into->sts.fetched ||
	    (from->sts.fetched == into->sts.fetched &&
		from->sts.checked > into->sts.checked))
		into->sts = from->sts;
}
