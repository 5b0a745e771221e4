/* fresh: how findings age (src/README); pure, the clock is passed in.
 * SPDX-License-Identifier: MIT */
#include "cache/fresh.h"

#include <string.h>

/* A time that was written by a clock that has since been set back says nothing
 * about the age of what it stands beside. */
static bool from_the_future(int64_t then, int64_t now)
{
	return then > now + FRESH_SKEW;
}

bool fresh_dane(const struct dane_branch *d, int64_t now)
{
	/* due lies at most a day ahead of the lookup that set it. */
	return now < d->due && !from_the_future(d->due, now + FRESH_DAY);
}

bool fresh_policy_alive(const struct sts_branch *s, int64_t now)
{
	return s->fetched != 0 && now < s->fetched + s->policy.max_age;
}

bool fresh_sts(const struct sts_branch *s, int64_t now)
{
	if (s->checked == 0 || now >= s->due ||
	    from_the_future(s->due, now + FRESH_DAY))
		return false;
	/* A policy that has just expired is looked for at once, whatever was
	 * to come next; but after a failure the back-off holds. */
	return s->fetched == 0 || s->failed || s->policy.max_age == 0 ||
	       s->policy.mode == STS_MODE_NONE || fresh_policy_alive(s, now);
}

bool fresh_fetch_due(const struct sts_branch *s, int64_t now)
{
	return s->fetched == 0 || now >= s->fetched + FRESH_DAY ||
	       from_the_future(s->fetched, now) || !fresh_policy_alive(s, now);
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* 5 s, 10 s, 20 s ... 5 minutes. */
static int64_t retry_after(uint32_t failures)
{
	int64_t wait = FRESH_RETRY_MIN;

	while (--failures > 0 && wait < FRESH_RETRY_MAX)
		wait *= 2;
	return clamp(wait, FRESH_RETRY_MIN, FRESH_RETRY_MAX);
}

void fresh_merge_dane(struct dane_branch *d, const struct dane_finding *f,
    int64_t now, uint32_t min_ttl)
{
	d->checked = now;
	d->failed = f->mx == MX_FAILED;
	if (!d->failed) {
		d->last = *f;
		d->asof = now;
	}
	if (d->failed || f->error > 0) {
		if (d->failures < UINT32_MAX)
			d->failures++;
		d->due = now + retry_after(d->failures);
		d->why = f->why;
		return;
	}
	d->failures = 0;
	reason_clear(&d->why);
	d->due = now + clamp(f->ttl, min_ttl, FRESH_DAY);
}

static void note_failure(
    struct sts_branch *s, const struct sts_finding *f, int64_t now)
{
	s->failed = true;
	if (s->failures < UINT32_MAX)
		s->failures++;
	s->why = f->why;
	/* RFC 8461 3.3 has five minutes between fetches.  A TXT record that
	 * could not be looked up is tried again as the MX records are, since
	 * both may be back at the same moment. */
	s->due = now + (f->found == STS_FOUND_FETCH_FAILED &&
				   cause_is_domains(f->why.cause)
			       ? FRESH_FETCH_RETRY
			       : retry_after(s->failures));
}

static void note_success(
    struct sts_branch *s, const struct sts_finding *f, int64_t now)
{
	s->failed = false;
	s->failures = 0;
	s->why = f->why;
	s->due = now + clamp(f->ttl, FRESH_TXT_MIN, FRESH_DAY);
}

/* Forget a policy that is over; a living one stays. */
static void expire_policy(struct sts_branch *s, int64_t now)
{
	if (fresh_policy_alive(s, now))
		return;
	s->fetched = 0;
	s->id[0] = '\0';
	memset(&s->policy, 0, sizeof s->policy);
}

void fresh_merge_sts(
    struct sts_branch *s, const struct sts_finding *f, int64_t now)
{
	s->checked = now;
	switch (f->found) {
	case STS_FOUND_POLICY:
		note_success(s, f, now);
		memcpy(s->id, f->id, sizeof s->id);
		s->fetched = now;
		s->policy = f->policy;
		return;
	case STS_FOUND_FETCHING:
		return;
	case STS_FOUND_SAME:
	case STS_FOUND_ABSENT:
		/* RFC 8461 3.3: a vanished TXT does not end a policy. */
		note_success(s, f, now);
		break;
	case STS_FOUND_TXT_FAILED:
	case STS_FOUND_FETCH_FAILED:
		note_failure(s, f, now);
		break;
	}
	expire_policy(s, now);
}

enum sts_standing fresh_standing(
    const struct sts_branch *s, int64_t now, bool testing_counts, bool defer)
{
	if (fresh_policy_alive(s, now)) {
		switch (s->policy.mode) {
		case STS_MODE_ENFORCE:
			return STS_STANDING_ENFORCED;
		case STS_MODE_TESTING:
			return testing_counts ? STS_STANDING_ENFORCED
					      : STS_STANDING_ABSENT;
		case STS_MODE_NONE:
			return STS_STANDING_ABSENT;
		}
	}
	if (!s->failed)
		return STS_STANDING_ABSENT;
	/* What failed on our side says nothing about the domain. */
	return defer || !cause_is_domains(s->why.cause) ? STS_STANDING_FAILED
							: STS_STANDING_ABSENT;
}

const struct dane_finding *fresh_dane_finding(
    const struct dane_branch *d, struct dane_finding *failed)
{
	if (d->failed) {
		memset(failed, 0, sizeof *failed);
		failed->mx = MX_FAILED;
		failed->why = d->why;
		return failed;
	}
	return d->asof != 0 ? &d->last : NULL;
}

const struct dane_finding *fresh_stale(const struct dane_branch *d, int64_t now)
{
	if (d->asof == 0 || now >= d->asof + FRESH_STALE_MAX ||
	    from_the_future(d->asof, now))
		return NULL;
	return &d->last;
}
