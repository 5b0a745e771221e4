/* decide: the verdict that a record gives at a moment.
 * SPDX-License-Identifier: MIT */
#include "serve/decide.h"

#include <string.h>
#include "cache/fresh.h"

static void say_late(const struct decision *j, struct reason *why)
{
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

	if (!j->dane_pending && is_usable(j, d->checked, fresh_dane(d, j->now)))
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

static enum sts_standing usable_sts(const struct decision *j)
{
	const struct sts_branch *s = &j->record->sts;
	bool usable = is_usable(j, s->checked, fresh_sts(s, j->now));
	enum sts_standing standing;

	/* Pending, but the id was confirmed since: the fetch that is still on
	 * its way is the daily one, it is not waited for. */
	if (j->sts_pending && usable && s->failed)
		usable = false;
	if (!usable && !j->late)
		return STS_STANDING_PENDING;
	standing = fresh_standing(
	    s, j->now, j->map->testing_enforce, j->config->sts_failure_defer);
	if (standing == STS_STANDING_ENFORCED && !policy_applies(j))
		return STS_STANDING_ABSENT;
	/* Too late, and nothing is known from before: not the same as absent.
	 * But a policy host that failed before does not stop mail again. */
	if (!usable && standing == STS_STANDING_ABSENT && s->checked == 0)
		return STS_STANDING_FAILED;
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

enum verdict decide_record(const struct decision *j, struct reason *why)
{
	struct dane_finding failed;
	const struct dane_finding *dane = usable_dane(j, &failed);
	enum sts_standing sts = usable_sts(j);
	enum verdict v =
	    verdict_decide(dane, fresh_stale(&j->record->dane, j->now), sts);

	if (v == VERDICT_TEMP)
		explain_temp(j, dane, sts, why);
	return v;
}
