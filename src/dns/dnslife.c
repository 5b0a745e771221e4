/* dnslife: does anybody answer at all?
 * SPDX-License-Identifier: MIT */
#include "dns/dnslife.h"

#include <stdlib.h>
#include "base/xalloc.h"
#include "dns/dnsone.h"

struct dnslife {
	void (*done)(void *arg, int alive);
	void *arg;
	size_t open;
	struct probe {
		struct dnslife *all;
		struct dnsone *one;
	} probe[DNSLIFE_SERVERS_MAX];
};

void dnslife_cancel(struct dnslife *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < DNSLIFE_SERVERS_MAX; i++)
		dnsone_cancel(l->probe[i].one);
	free(l);
}

static void answered(void *arg, struct dns_answer *a)
{
	struct probe *p = arg;
	struct dnslife *l = p->all;
	void (*done)(void *, int) = l->done;
	void *done_arg = l->arg;
	int alive = a->outcome != DNS_FAILED ? (int)(p - l->probe) : -1;

	p->one = NULL;
	dnspacket_free(a);
	l->open--;
	if (alive < 0 && l->open > 0)
		return;
	dnslife_cancel(l);
	done(done_arg, alive);
}

struct dnslife *dnslife_start(struct event_base *base,
    const struct dnspool *pool, void (*done)(void *arg, int alive), void *arg)
{
	struct dnslife *l = xcalloc(1, sizeof *l);
	char label[DNSONE_UNHEARD_MAX + 1];
	struct dnsone_question q = {
	    .name = label,
	    .type = DNS_A,
	    .limit_ms = DNSLIFE_MS,
	    .done = answered,
	};

	l->done = done;
	l->arg = arg;
	for (size_t i = 0; i < DNSLIFE_SERVERS_MAX; i++) {
		struct dnsgen *g = dnspool_plain(pool, i);

		if (g == NULL)
			break;
		dnsone_unheard(label);
		/* It would fail for such a name although it is there. */
		if (dnspool_is_poor(pool)) {
			label[0] = '\0';
			q.type = DNS_DNSKEY;
		}
		q.arg = &l->probe[i];
		l->probe[i].all = l;
		l->probe[i].one = dnsone_ask(base, g, &q);
		l->open++;
		dnsgen_drop(&g);
	}
	return l;
}
