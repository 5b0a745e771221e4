/* fold: what lookups find, folded into their records.
 * SPDX-License-Identifier: MIT */
#include "serve/fold.h"

#include "base/clock.h"
#include "cache/fresh.h"

void fold_dane(
    struct fold *t, struct flight *f, const struct dane_finding *dane)
{
	struct lookup *l = &f->lookup;

	fresh_merge_dane(
	    &l->record.dane, dane, clock_now(), t->config->min_ttl);
	l->dane_pending = false;
	f->changed = f->share.found = true;
	if (t->tell.dane != NULL)
		t->tell.dane(t->tell.arg, l, dane);
}

void fold_sts(struct fold *t, struct flight *f, const struct sts_finding *sts)
{
	struct lookup *l = &f->lookup;

	if (sts->found == STS_FOUND_FETCHING) {
		l->fetching = !sharing_knows(t->sharing, f, sts);
		return;
	}
	/* Nobody has asked, so what was put off leaves no trace. */
	if (t->background && sts->why.cause == CAUSE_RESOLVE_BUSY) {
		t->failed += !l->record.sts.failed;
		l->sts_pending = false;
		return;
	}
	fresh_merge_sts(&l->record.sts, sts, clock_now());
	inflight_own_text(f);
	/* A confirmed id is followed by the fetch that is due. */
	if (sts->found != STS_FOUND_SAME || !f->question.fetch)
		l->sts_pending = false;
	f->changed = f->share.found = true;
	if (l->sts_pending)
		sharing_knows(t->sharing, f, sts);
	if (t->tell.sts != NULL)
		t->tell.sts(t->tell.arg, l, sts);
}

void fold_failure(
    struct fold *t, struct flight *f, const struct reason *why, bool remember)
{
	const struct dane_finding dane = {.mx = MX_FAILED, .why = *why};
	const struct sts_finding sts = {
	    .found = STS_FOUND_TXT_FAILED, .why = *why};

	if (f->lookup.dane_pending)
		fold_dane(t, f, &dane);
	if (f->lookup.sts_pending)
		fold_sts(t, f, &sts);
	f->changed = f->changed && remember;
	f->ending = true;
}

void fold_end(struct fold *t, struct flight *f)
{
	struct reason why;

	reason_fail(
	    &why, CAUSE_RESOLVE_NONSENSE, "resolve left the lookup unfinished");
	fold_failure(t, f, &why, true);
}
