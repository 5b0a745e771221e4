/* inflight: the lookups that this process has under way.
 * SPDX-License-Identifier: MIT */
#include "serve/inflight.h"

#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

struct inflight {
	size_t max;
	uint32_t last_seq;
	struct flight flight[];
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
	free(f->text);
	memset(f, 0, sizeof *f);
}

void inflight_close(struct inflight *in)
{
	for (size_t i = 0; i < in->max; i++)
		inflight_clear(&in->flight[i]);
	free(in);
}

struct flight *inflight_next(struct inflight *in, struct flight *f)
{
	f = f != NULL ? f + 1 : in->flight;
	for (; f < in->flight + in->max; f++)
		if (f->seq != 0)
			return f;
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
		if (in->flight[i].seq == 0)
			return &in->flight[i];
		if (in->flight[i].lookup.over)
			over = &in->flight[i];
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

	for (size_t i = 0; i < in->max; i++)
		n += in->flight[i].seq != 0 && !in->flight[i].lookup.over;
	return n;
}
