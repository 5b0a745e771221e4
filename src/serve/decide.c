/* decide: the verdict that a record gives at a moment.
 * SPDX-License-Identifier: MIT */
#include "serve/decide.h"

#include <string.h>
#include "cache/fresh.h"

static void say_late(const struct decision *j, struct reason *why)
{
	if (j->lookup != NULL && j->lookup->queued)
		reason_fail(why, CAUSE_RESOLVE_BUSY,
		    "no answer in %u s, resolve is busy with other lookups: "
		    "try again",
		    j->config->answer_timeout);
	else
		reason_fail(why, CAUSE_DEADLINE,
		    "no answer in %u s, the lookup goes on: try again",
		    j->config->answer_timeout);
}

/* May a half be used that was looked up at `checked`? */
static bool is_usable(const struct decision *j, int64_t checked, bool fresh)
{
	if (j->since != 0)
		return checked >= j->since;
	return fresh || (j->asked != 0 && checked >= j->asked);
}

static const struct dane_finding *usable_dane(
    const struct decision *j, struct dane_finding *failed)
{
	const struct dane_branch *d = &j->record->dane;

	bool pending = j->lookup != NULL && j->lookup->dane_pending;

	if (!pending && is_usable(j, d->checked, fresh_dane(d, j->now)))
		return fresh_dane_finding(d, failed);
	if (!j->late)
		return NULL;
	memset(failed, 0, sizeof *failed);
	failed->mx = MX_FAILED;
	say_late(j, &failed->why);
	return failed;
}

/* RFC 8461 3.4 on smart hosts: the policy is the host's own, and it counts
 * only if it names that host. */
static bool policy_applies(const struct decision *j)
{
	return j->domain->kind != DOMAIN_HOST ||
	       sts_match_host(&j->record->sts.policy, j->domain->name);
}

/* A policy that was fetched for this very question counts for its answer,
 * however short its max_age. */
static int64_t sts_moment(const struct decision *j)
{
	const struct sts_branch *s = &j->record->sts;

	bool waits = j->asked != 0 &&
		     j->now - j->asked <= (int64_t)j->config->answer_timeout;

	return waits && s->fetched >= j->asked ? s->fetched : j->now;
}

/* The deadline is over and nothing is known.  A policy host that hangs is one
 * that failed (RFC 8461 3.3); a policy host that failed before does not stop
 * mail again; anything else may be our own fault. */
static enum sts_standing late_sts(const struct decision *j)
{
	const struct sts_branch *s = &j->record->sts;
	bool hangs = j->lookup != NULL && j->lookup->fetching;

	if (j->config->sts_failure_defer)
		return STS_STANDING_FAILED;
	if (hangs ||
	    (s->checked != 0 && (!s->failed || cause_is_domains(s->why.cause))))
		return STS_STANDING_ABSENT;
	return STS_STANDING_FAILED;
}

static enum sts_standing usable_sts(const struct decision *j)
{
	const struct sts_branch *s = &j->record->sts;
	bool usable = is_usable(j, s->checked, fresh_sts(s, j->now));
	enum sts_standing standing;

	/* Pending, but the id was confirmed since: the fetch that is still on
	 * its way is the daily one, it is not waited for. */
	if (j->lookup != NULL && j->lookup->sts_pending && usable && s->failed)
		usable = false;
	if (!usable && !j->late)
		return STS_STANDING_PENDING;
	standing = fresh_standing(s, sts_moment(j), j->map->testing_enforce,
	    j->config->sts_failure_defer);
	if (standing == STS_STANDING_ENFORCED && !policy_applies(j))
		return STS_STANDING_ABSENT;
	if (!usable && standing != STS_STANDING_ENFORCED &&
	    !fresh_policy_alive(s, j->now))
		return late_sts(j);
	return standing;
}

static void explain_temp(const struct decision *j,
    const struct dane_finding *dane, enum sts_standing sts, struct reason *why)
{
	if (dane != NULL && dane->why.text[0] != '\0' &&
	    (dane->mx == MX_FAILED || dane->error > 0))
		*why = dane->why;
	else if (sts == STS_STANDING_FAILED && j->record->sts.failed)
		*why = j->record->sts.why;
	else
		say_late(j, why);
}

/* Would a policy that is not seen change it (src/README)? */
static bool needs_policy(enum verdict v)
{
	switch (v) {
	case VERDICT_NOTFOUND:
	case VERDICT_DANE:
		return true;
	case VERDICT_DANE_ONLY:
	case VERDICT_SECURE:
	case VERDICT_TEMP:
	case VERDICT_PENDING:
		break;
	}
	return false;
}

enum verdict decide_record(const struct decision *j, struct reason *why)
{
	struct dane_finding failed;
	const struct dane_finding *dane = usable_dane(j, &failed);
	enum sts_standing sts = usable_sts(j);
	enum verdict v =
	    verdict_decide(dane, fresh_stale(&j->record->dane, j->now), sts,
		j->map->default_level >= CONFIG_LEVEL_ENCRYPT);

	if (j->blind && needs_policy(v)) {
		reason_fail(why, CAUSE_FILE,
		    "another process holds the lock of the cache: try again");
		return VERDICT_TEMP;
	}
	if (v == VERDICT_TEMP)
		explain_temp(j, dane, sts, why);
	return v;
}
