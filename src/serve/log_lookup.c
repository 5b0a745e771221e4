/* log_lookup: what the log says of lookups and of the answers made from them.
 * SPDX-License-Identifier: MIT */
#include "serve/log_lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include "base/clock.h"
#include "cache/fresh.h"
#include "count/counters.h"
#include "serve/log.h"

#define NUMBER_MAX 24 /* of an int64_t as text */

static const char *number(char buf[static NUMBER_MAX], int64_t n)
{
	snprintf(buf, NUMBER_MAX, "%" PRId64, n);
	return buf;
}

/* The class of RFC 8460 4.3, "" for none. */
static const char *class_of(const struct reason *why)
{
	if (why->cause == CAUSE_DNS_BOGUS)
		return counters_class_name(COUNTERS_DNSSEC_INVALID);
	return sts_failure_name(sts_failure_of(why->cause));
}

static const char *class_of_dane(
    const struct reason *why, const struct dane_finding *f)
{
	const char *class = class_of(why);

	return class[0] == '\0' && f->unusable > 0
		   ? counters_class_name(COUNTERS_TLSA_INVALID)
		   : class;
}

static const char *dane_words(const struct answer *a)
{
	const struct dane_branch *d = &a->record.dane;
	const struct dane_finding failed = {.mx = MX_FAILED};

	if (a->dane_pending)
		return "pending";
	return d->failed      ? verdict_row(&failed)
	       : d->asof != 0 ? verdict_row(&d->last)
			      : "unknown";
}

static const char *sts_words(const struct answer *a, bool alive)
{
	const struct sts_branch *s = &a->record.sts;

	if (alive)
		return sts_mode_name(s->policy.mode);
	if (a->sts_pending)
		return "pending";
	return s->failed ? "failed" : "absent";
}

/* What kept the answer from being better: of TEMP its own reason; else of the
 * half that could not be determined. */
static const struct reason *reason_of(const struct answer *a)
{
	static const struct reason none;
	const struct record *r = &a->record;

	if (a->verdict == VERDICT_TEMP)
		return &a->why;
	if (!a->sts_pending && r->sts.why.text[0] != '\0')
		return &r->sts.why;
	if (!a->dane_pending && r->dane.failures > 0)
		return &r->dane.why;
	return &none;
}

void log_lookup_answer(const struct config_map *map, const struct answer *a)
{
	const struct record *r = &a->record;
	const struct reason *why = reason_of(a);
	bool alive = fresh_policy_alive(&r->sts, clock_now());
	bool failed = r->sts.failed && !a->sts_pending && !alive;
	const char *key = a->key[0] != '\0' ? a->key : a->domain.name;
	char usec[NUMBER_MAX];
	const struct journal_field fields[] = {
	    {"DOMAIN", key, "domain"},
	    {"MAP", map->name, "map"},
	    {"REPLY", verdict_name(a->verdict), "verdict"},
	    {"DANE", dane_words(a), "dane"},
	    {"STS", sts_words(a, alive), "sts"},
	    {"FAILURE",
		r->dane.asof != 0 ? class_of_dane(why, &r->dane.last)
				  : class_of(why),
		"failure"},
	    {"CAUSE", log_cause(why), "cause"},
	    {"OWNER", log_owner(why), "owner"},
	    {"USEC", number(usec, a->usec), "usec"},
	    {"REASON", why->text, "reason"},
	    {0},
	};

	log_fields(a->verdict == VERDICT_TEMP || failed ? CONFIG_LOG_WARNING
							: CONFIG_LOG_INFO,
	    LOG_EVENT_LOOKUP, "lookup", fields);
}

static void log_half(const struct lookup *l, const char *half, const char *key,
    const char *what, const char *class, const struct reason *why, int64_t usec)
{
	char text[NUMBER_MAX];
	const struct journal_field fields[] = {
	    {"DOMAIN", l->key, "domain"},
	    {half, what, key},
	    {"FAILURE", class, "failure"},
	    {"CAUSE", log_cause(why), "cause"},
	    {"OWNER", log_owner(why), "owner"},
	    {"USEC", number(text, usec), "usec"},
	    {"REASON", why->text, "reason"},
	    {0},
	};

	log_fields(CONFIG_LOG_DEBUG, LOG_EVENT_FINDING, "found", fields);
}

void log_lookup_dane(
    const struct lookup *l, const struct dane_finding *f, int64_t usec)
{
	log_half(l, "DANE", "dane", verdict_row(f), class_of_dane(&f->why, f),
	    &f->why, usec);
}

void log_lookup_sts(
    const struct lookup *l, const struct sts_finding *f, int64_t usec)
{
	const char *what = f->found == STS_FOUND_POLICY
			       ? sts_mode_name(f->policy.mode)
			       : sts_found_name(f->found);

	log_half(l, "STS", "sts", what, class_of(&f->why), &f->why, usec);
}

void log_lookup_kept(const struct lookup *l, const struct sts_finding *f)
{
	const struct sts_branch *s = &l->record.sts;
	int64_t left = s->fetched + s->policy.max_age - clock_now();
	char text[NUMBER_MAX];
	const struct journal_field fields[] = {
	    {"DOMAIN", l->key, "domain"},
	    {"STS", sts_mode_name(s->policy.mode), "sts"},
	    {"EXPIRES_IN", number(text, left), "expires-in"},
	    {"FAILURE", class_of(&f->why), "failure"},
	    {"CAUSE", log_cause(&f->why), "cause"},
	    {"OWNER", log_owner(&f->why), "owner"},
	    {"REASON", f->why.text, "reason"},
	    {0},
	};

	log_fields(CONFIG_LOG_WARNING, LOG_EVENT_KEPT, "kept", fields);
}
