/* convert: U-labels to A-labels, by asking `resolve`; services to ports.
 * SPDX-License-Identifier: MIT */
#include "serve/convert.h"

#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "serve/link.h"

/* A name and what it became ("" when it is not a name). */
struct kept {
	char *utf8;
	char alabel[DOMAIN_MAX + 1];
};

static struct kept kept[CONVERT_KEPT];
static size_t oldest;

static const struct kept *find_kept(const char *utf8)
{
	for (size_t i = 0; i < CONVERT_KEPT; i++)
		if (kept[i].utf8 != NULL && strcmp(kept[i].utf8, utf8) == 0)
			return &kept[i];
	return NULL;
}

static void keep(const char *utf8, const char *alabel)
{
	struct kept *k = &kept[oldest];

	oldest = (oldest + 1) % CONVERT_KEPT;
	free(k->utf8);
	k->utf8 = xstrdup(utf8);
	strcpy(k->alabel, alabel);
}

/* The answer to the one question, or why there is none. */
static bool wait_for_name(
    struct link *l, struct finding *f, int64_t deadline_ms, struct reason *why)
{
	while (clock_left(deadline_ms) > 0) {
		struct pollfd p;

		switch (link_next(l, f, why)) {
		case LINK_FINDING:
			if (f->kind == FINDING_NAME)
				return true;
			break;
		case LINK_QUIET:
			p = link_poll(l);
			poll(&p, 1, clock_left(deadline_ms));
			break;
		case LINK_DOWN:
			if (why->cause == CAUSE_NONE)
				reason_fail(why, CAUSE_RESOLVE_DIED,
				    "resolve left without an answer");
			return false;
		}
	}
	reason_fail(why, CAUSE_RESOLVE_HUNG, "no answer from resolve in time");
	return false;
}

static bool convert_name(struct domain *d, const struct config *c,
    char *const *args, int64_t deadline_ms, struct reason *why)
{
	struct question q = {
	    .seq = 1, .kind = QUESTION_NAME, .port = DOMAIN_SMTP_PORT};
	const struct kept *k = find_kept(d->name);
	static struct finding f;
	struct link *l;
	bool answered;

	if (k != NULL) {
		domain_set_name(d, k->alabel);
		return true;
	}
	strcpy(q.name, d->name);
	l = link_open(c->resolve_socket, args);
	answered =
	    link_ask(l, &q, why) && wait_for_name(l, &f, deadline_ms, why);
	link_close(l);
	if (!answered)
		return false;
	keep(d->name, f.name);
	domain_set_name(d, f.name);
	return true;
}

bool convert_domain(struct domain *d, const struct config *c, char *const *args,
    int64_t deadline_ms, struct reason *why)
{
	if (d->service[0] != '\0') {
		const struct servent *s = getservbyname(d->service, "tcp");

		if (s == NULL) {
			d->kind = DOMAIN_REFUSED;
			return true;
		}
		d->port = ntohs((uint16_t)s->s_port);
		d->service[0] = '\0';
	}
	return !d->utf8 || convert_name(d, c, args, deadline_ms, why);
}
