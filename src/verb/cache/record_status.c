/* record_status: the state of a record, for lists and filters.
 * SPDX-License-Identifier: MIT */
#include "verb/cache/record_status.h"

#include <string.h>
#include "cache/fresh.h"
#include "serve/decide.h"

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void add_policy(
    struct record_status *f, const struct sts_branch *s, int64_t now)
{
	if (s->fetched == 0)
		return;
	f->policy = fresh_policy_alive(s, now) ? RECORD_STATUS_POLICY_ALIVE
					       : RECORD_STATUS_POLICY_EXPIRED;
	f->mode = s->policy.mode;
	f->expires = s->fetched + s->policy.max_age;
}

void record_status_of(struct record_status *f, const char *key,
    const struct record *r, const struct config *c,
    const struct config_map *map, int64_t now)
{
	static struct domain domain;
	struct decision j = {.config = c,
	    .map = map,
	    .domain = &domain,
	    .record = r,
	    .now = now};

	memset(f, 0, sizeof *f);
	domain_parse(&domain, key, strlen(key));
	f->served = f->known = decide_record(&j, &f->why);
	if (f->served == VERDICT_PENDING) {
		/* As if both branches had just been looked up. */
		j.asked = 1;
		j.late = true;
		f->known = decide_record(&j, &f->why);
	}
	f->failed = r->dane.failed || r->sts.failed;
	f->stale = r->dane.failed && (f->served == VERDICT_DANE ||
					 f->served == VERDICT_DANE_ONLY);
	add_policy(f, &r->sts, now);
	f->checked = sooner(r->dane.checked, r->sts.checked);
	f->due = sooner(r->dane.due, r->sts.due);
	f->used = r->used;
}

bool record_status_is_promise(
    const struct record *r, const struct config *c, int64_t now)
{
	bool testing_counts = false;

	for (size_t i = 0; i < c->n_maps; i++)
		testing_counts = testing_counts || c->maps[i].testing_enforce;
	return fresh_standing(&r->sts, now, testing_counts, false) ==
	       STS_STANDING_ENFORCED;
}
