/* httpsaddr: the addresses of a policy host, both families at once.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsaddr.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"

enum { V4, V6, FAMILIES };

struct family {
	struct httpsaddr *a;
	struct dns_query *query;
	struct dns_answer *answer;
};

struct httpsaddr {
	struct event *timer;
	const struct notes *notes;
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

static bool format(const struct dns_answer *answer, size_t i, int family,
    char text[static INET6_ADDRSTRLEN])
{
	return answer != NULL && i < answer->n &&
	       inet_ntop(family, answer->rr[i].data, text, INET6_ADDRSTRLEN) !=
		   NULL;
}

static void make_list(struct httpsaddr_list *list, const struct dns_answer *v4,
    const struct dns_answer *v6)
{
	char four[INET6_ADDRSTRLEN], six[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < HTTPSADDR_TRIES_MAX; i++) {
		bool has_four = format(v4, i, AF_INET, four);
		bool has_six = format(v6, i, AF_INET6, six);

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

	make_list(&list, v4, v6);
	if (list.n > 0)
		reason_clear(&why);
	else if (v4 != NULL && v4->outcome == DNS_FAILED)
		failed(&why, "A", a->host, v4);
	else if (v6 != NULL && v6->outcome == DNS_FAILED)
		failed(&why, "AAAA", a->host, v6);
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
    const char *host, const struct notes *notes,
    void (*done)(
	void *arg, const struct httpsaddr_list *list, const struct reason *why),
    void *arg)
{
	struct httpsaddr *a = xcalloc(1, sizeof *a);

	a->notes = notes;
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
