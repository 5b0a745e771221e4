/* convert: U-labels to A-labels, by asking `resolve`; services to ports.
 * SPDX-License-Identifier: MIT */
#include "serve/convert.h"

#include <netdb.h>
#include <poll.h>
#include <string.h>
#include "base/clock.h"
#include "serve/worker.h"

/* The answer to the one question, or why there is none. */
static bool wait_for_name(struct worker *w, struct finding *f,
    int64_t deadline_ms, struct reason *why)
{
	while (clock_left(deadline_ms) > 0) {
		struct pollfd p[2];

		switch (worker_next(w, f, why)) {
		case WORKER_FINDING:
			if (f->kind == FINDING_NAME)
				return true;
			break;
		case WORKER_QUIET:
			worker_poll(w, p);
			poll(p, 2, clock_left(deadline_ms));
			break;
		case WORKER_LEFT:
			reason_fail(why, CAUSE_RESOLVE_DIED,
			    "resolve left without an answer");
			return false;
		case WORKER_FAILED:
			return false;
		}
	}
	reason_fail(why, CAUSE_RESOLVE_HUNG, "no answer from resolve in time");
	return false;
}

bool convert_name(struct domain *d, char *const *args, int64_t deadline_ms,
    struct reason *why)
{
	struct question q = {
	    .seq = 1, .kind = QUESTION_NAME, .port = DOMAIN_SMTP_PORT};
	struct worker *w = worker_open(args);
	static struct finding f;
	bool found;

	strcpy(q.name, d->name);
	found =
	    worker_ask(w, &q, why) && wait_for_name(w, &f, deadline_ms, why);
	if (found)
		domain_set_name(d, f.name);
	worker_close(w);
	return found;
}

bool convert_domain(struct domain *d, char *const *args, int64_t deadline_ms,
    struct reason *why)
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
	return !d->utf8 || convert_name(d, args, deadline_ms, why);
}
