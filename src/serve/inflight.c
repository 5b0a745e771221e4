/* inflight: the lookups that this process has under way.
 * SPDX-License-Identifier: MIT */
#include "serve/inflight.h"

#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

struct inflight {
	size_t max;
	uint32_t last_seq;
	/* NULL until it is used: most processes never have two at once. */
	struct flight *flight[];
};

struct inflight *inflight_open(size_t max)
{
	struct inflight *in =
	    xcalloc(1, sizeof *in + max * sizeof in->flight[0]);

	in->max = max;
	return in;
}

void inflight_clear(struct flight *f)
{
	size_t place = f->place;

	free(f->text);
	*f = (struct flight){.place = place};
}

void inflight_close(struct inflight *in)
{
	for (size_t i = 0; i < in->max && in->flight[i] != NULL; i++) {
		inflight_clear(in->flight[i]);
		free(in->flight[i]);
	}
	free(in);
}

struct flight *inflight_next(struct inflight *in, struct flight *f)
{
	size_t i = f != NULL ? f->place + 1 : 0;

	for (; i < in->max && in->flight[i] != NULL; i++)
		if (in->flight[i]->seq != 0)
			return in->flight[i];
	return NULL;
}

struct flight *inflight_find(struct inflight *in, const char *key)
{
	struct flight *f = NULL;

	while ((f = inflight_next(in, f)) != NULL)
		if (strcmp(f->lookup.key, key) == 0)
			break;
	return f;
}

struct flight *inflight_find_seq(struct inflight *in, uint32_t seq)
{
	struct flight *f = NULL;

	while ((f = inflight_next(in, f)) != NULL)
		if (f->seq == seq && !f->lookup.over)
			break;
	return f;
}

struct flight *inflight_take(struct inflight *in)
{
	struct flight *over = NULL;

	for (size_t i = 0; i < in->max; i++) {
		if (in->flight[i] == NULL) {
			in->flight[i] = xcalloc(1, sizeof *in->flight[i]);
			in->flight[i]->place = i;
		}
		if (in->flight[i]->seq == 0)
			return in->flight[i];
		if (in->flight[i]->lookup.over)
			over = in->flight[i];
	}
	if (over != NULL)
		inflight_clear(over);
	return over;
}

struct flight *inflight_unwanted(struct inflight *in)
{
	struct flight *f = NULL, *oldest = NULL;

	while ((f = inflight_next(in, f)) != NULL)
		if (f->lookup.later && !f->lookup.over &&
		    (oldest == NULL ||
			f->lookup.asked_us < oldest->lookup.asked_us))
			oldest = f;
	return oldest;
}

uint32_t inflight_seq(struct inflight *in)
{
	if (++in->last_seq == 0)
		in->last_seq = 1;
	return in->last_seq;
}

void inflight_own_text(struct flight *f)
{
	struct sts_policy *p = &f->lookup.record.sts.policy;
	char *text;

	if (f->lookup.record.sts.fetched == 0 || p->text == f->text)
		return;
	text = xmemdup(p->text, p->text_len);
	free(f->text);
	f->text = text;
	p->text = text;
}

size_t inflight_running(const struct inflight *in)
{
	size_t n = 0;

	for (size_t i = 0; i < in->max && in->flight[i] != NULL; i++)
		n += in->flight[i]->seq != 0 && !in->flight[i]->lookup.over;
	return n;
}
