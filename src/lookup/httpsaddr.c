/* httpsaddr: the addresses of a policy host, both families at once.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsaddr.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "policy/reserved.h"

enum { V4, V6, FAMILIES };

struct family {
	struct httpsaddr *a;
	struct dns_query *query;
	struct dns_answer *answer;
};

struct httpsaddr {
	struct event *timer;
	const struct notes *notes;
	bool public_only;
	void (*done)(void *arg, const struct httpsaddr_list *list,
	    const struct reason *why);
	void *arg;
	struct family family[FAMILIES];
	char host[DNS_NAME_TEXT_MAX + 1];
};

static const enum dns_type types[FAMILIES] = {DNS_A, DNS_AAAA};

void httpsaddr_cancel(struct httpsaddr *a)
{
	if (a == NULL)
		return;
	for (int i = 0; i < FAMILIES; i++) {
		dns_cancel(a->family[i].query);
		dnspacket_free(a->family[i].answer);
	}
	event_free(a->timer);
	free(a);
}

/* The next address of an answer from *i on that may be used.  false: there is
 * none. */
static bool format(const struct httpsaddr *a, const struct dns_answer *answer,
    size_t *i, int family, char text[static INET6_ADDRSTRLEN])
{
	while (answer != NULL && *i < answer->n) {
		const uint8_t *addr = answer->rr[(*i)++].data;

		if (a->public_only &&
		    (family == AF_INET ? reserved_v4(addr) : reserved_v6(addr)))
			continue;
		return inet_ntop(family, addr, text, INET6_ADDRSTRLEN) != NULL;
	}
	return false;
}

static void make_list(const struct httpsaddr *a, struct httpsaddr_list *list)
{
	char four[INET6_ADDRSTRLEN], six[INET6_ADDRSTRLEN];
	size_t i = 0, j = 0;

	while (list->n < HTTPSADDR_TRIES_MAX) {
		bool has_four =
		    format(a, a->family[V4].answer, &i, AF_INET, four);
		bool has_six =
		    format(a, a->family[V6].answer, &j, AF_INET6, six);

		if (!has_four && !has_six)
			return;
		snprintf(list->text[list->n++], HTTPSADDR_TEXT_MAX,
		    "%s%s%s%s%s", has_six ? "[" : "", has_six ? six : "",
		    has_six ? "]" : "", has_six && has_four ? "," : "",
		    has_four ? four : "");
	}
}

/* A failure of the domain's zone is one of its policy host; other causes
 * remain. */
static void failed(struct reason *why, const char *type, const char *host,
    const struct dns_answer *answer)
{
	enum cause cause = answer->why.cause;

	reason_fail(why, cause_is_domains(cause) ? CAUSE_HTTPS_LOOKUP : cause,
	    "%s %s: %s", type, host, answer->why.text);
}

static void finish(struct httpsaddr *a)
{
	void (*done)(void *, const struct httpsaddr_list *,
	    const struct reason *) = a->done;
	const struct dns_answer *v4 = a->family[V4].answer;
	const struct dns_answer *v6 = a->family[V6].answer;
	struct httpsaddr_list list = {0};
	struct reason why = {0};
	void *arg = a->arg;

	make_list(a, &list);
	if (list.n > 0)
		reason_clear(&why);
	else if (v4 != NULL && v4->outcome == DNS_FAILED)
		failed(&why, "A", a->host, v4);
	else if (v6 != NULL && v6->outcome == DNS_FAILED)
		failed(&why, "AAAA", a->host, v6);
	else if ((v4 != NULL && v4->n > 0) || (v6 != NULL && v6->n > 0))
		reason_fail(&why, CAUSE_HTTPS_RESERVED,
		    "%s has a reserved address and no other", a->host);
	else
		reason_fail(
		    &why, CAUSE_HTTPS_ADDRESS, "%s has no address", a->host);
	httpsaddr_cancel(a);
	done(arg, &list, &why);
}

static void answered(void *arg, struct dns_answer *answer)
{
	const struct timeval wait = {
	    .tv_usec = HTTPSADDR_FAMILY_WAIT_MS * 1000,
	};
	struct family *f = arg;
	struct httpsaddr *a = f->a;

	f->query = NULL;
	f->answer = answer;
	notes_answer(a->notes, NOTE_PART_HTTPS, "", a->host,
	    types[f - a->family], answer);
	if (a->family[V4].answer != NULL && a->family[V6].answer != NULL)
		finish(a);
	else if (answer->n > 0)
		xneed(evtimer_add(a->timer, &wait) == 0);
}

static void waited(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	finish(arg);
}

struct httpsaddr *httpsaddr_start(struct event_base *base, struct dns *dns,
    const char *host, bool public_only, const struct notes *notes,
    void (*done)(
	void *arg, const struct httpsaddr_list *list, const struct reason *why),
    void *arg)
{
	struct httpsaddr *a = xcalloc(1, sizeof *a);

	a->notes = notes;
	a->public_only = public_only;
	a->done = done;
	a->arg = arg;
	a->timer = evtimer_new(base, waited, a);
	xneed(a->timer != NULL);
	snprintf(a->host, sizeof a->host, "%s", host);
	for (int i = 0; i < FAMILIES; i++) {
		a->family[i].a = a;
		a->family[i].query =
		    dns_ask(dns, a->host, types[i], answered, &a->family[i]);
	}
	return a;
}
