/* mtasts: the MTA-STS branch of a domain (RFC 8461).
 * SPDX-License-Identifier: MIT */
#include "lookup/mtasts.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/xalloc.h"
#include "wire/question.h"

#define TXT_PREFIX "_mta-sts." /* RFC 8461 3.1 */

struct mtasts {
	struct https *https;
	const struct notes *notes;
	void (*found)(void *arg, const struct mtasts_found *f);
	void *arg;
	struct dns_query *txt;
	struct https_fetch *fetch;
	bool fetch_anyway, hold, waited;
	struct event_base *base;
	struct event *held; /* the timer of a fetch that is held back */
	const bool *is_background;
	uint32_t ttl;
	char known_id[STS_ID_MAX + 1];
	char id[STS_ID_MAX + 1];
	char name[DOMAIN_MAX + 1];
	char txt_name[sizeof TXT_PREFIX + DOMAIN_MAX];
};

void mtasts_cancel(struct mtasts *m)
{
	if (m == NULL)
		return;
	dns_cancel(m->txt);
	https_cancel(m->fetch);
	if (m->held != NULL)
		event_free(m->held);
	free(m);
}

static void finish(struct mtasts *m, const struct sts_finding *finding)
{
	void (*found)(void *, const struct mtasts_found *) = m->found;
	const struct mtasts_found last = {
	    .finding = finding,
	    .is_last = true,
	};
	void *arg = m->arg;

	mtasts_cancel(m);
	found(arg, &last);
}

/* RFC 8461 3.1: there must be exactly one record that begins with "v=STSv1;",
 * and it must be valid; otherwise there is no policy.  false: why is set if
 * there is something to say. */
static bool choose(const struct dns_answer *a, char id[static STS_ID_MAX + 1],
    struct reason *why)
{
	static char txt[STS_TXT_MAX];
	size_t valid = 0, invalid = 0;

	for (size_t i = 0; i < a->n; i++) {
		char this_id[STS_ID_MAX + 1];
		size_t len;

		if (!dnspacket_join_txt(&a->rr[i], txt, sizeof txt, &len))
			continue;
		switch (sts_parse_txt(txt, len, this_id, why)) {
		case STS_TXT_OTHER:
			break;
		case STS_TXT_VALID:
			valid++;
			memcpy(id, this_id, STS_ID_MAX + 1);
			break;
		case STS_TXT_INVALID:
			invalid++;
			break;
		}
	}
	if (valid + invalid > 1)
		reason_fail(why, CAUSE_STS_TXT,
		    "%zu MTA-STS TXT records, one is allowed", valid + invalid);
	else if (invalid == 0)
		reason_clear(why);
	return valid == 1 && invalid == 0;
}

static void fetched(void *arg, const struct https_result *r)
{
	static char text[STS_TEXT_MAX];
	struct mtasts *m = arg;
	struct sts_finding f = {.found = STS_FOUND_FETCH_FAILED};
	struct sts_fault fault = {.what = STS_SAYS_NOTHING};
	const struct note body = {
	    .kind = NOTE_BODY, .body = {.text = r->body, .len = r->len}};

	m->fetch = NULL;
	f.ttl = m->ttl;
	memcpy(f.id, m->id, sizeof f.id);
	f.why = r->why;
	if (r->why.cause == CAUSE_NONE) {
		notes_put(m->notes, &body);
		if (sts_parse_policy(
			&f.policy, r->body, r->len, text, &fault, &f.why))
			f.found = STS_FOUND_POLICY;
	}
	notes_policy(m->notes, &f, &fault);
	finish(m, &f);
}

static void fetch(struct mtasts *m)
{
	m->fetch = https_get_policy(
	    m->https, m->name, m->is_background, m->notes, fetched, m);
}

static void on_held(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fetch(arg);
}

static void hold_back(struct mtasts *m, int ms)
{
	const struct timeval bound = {
	    .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	if (m->held == NULL)
		m->held = evtimer_new(m->base, on_held, m);
	xneed(m->held != NULL && evtimer_add(m->held, &bound) == 0);
}

static bool is_held(const struct mtasts *m)
{
	return m->held != NULL && evtimer_pending(m->held, NULL);
}

void mtasts_go(struct mtasts *m)
{
	if (m == NULL)
		return;
	m->hold = false;
	if (!is_held(m))
		return;
	evtimer_del(m->held);
	fetch(m);
}

void mtasts_wait(struct mtasts *m)
{
	if (m == NULL || m->waited || !is_held(m))
		return;
	m->waited = true;
	hold_back(m, QUESTION_WAIT_MS);
}

/* There is one valid record. */
static void have_id(struct mtasts *m)
{
	bool is_same = strcmp(m->id, m->known_id) == 0;

	if (is_same) {
		struct sts_finding f = {.found = STS_FOUND_SAME};
		const struct mtasts_found same = {.finding = &f};

		f.ttl = m->ttl;
		memcpy(f.id, m->id, sizeof f.id);
		notes_policy(m->notes, &f, NULL);
		if (!m->fetch_anyway) {
			finish(m, &f);
			return;
		}
		m->found(m->arg, &same);
	} else {
		struct sts_finding f = {
		    .found = STS_FOUND_FETCHING, .ttl = m->ttl};

		memcpy(f.id, m->id, sizeof f.id);
		m->found(m->arg, &(const struct mtasts_found){.finding = &f});
	}
	if (m->hold)
		hold_back(m, QUESTION_HOLD_MS);
	else
		fetch(m);
}

static void txt_answered(void *arg, struct dns_answer *a)
{
	struct mtasts *m = arg;
	struct sts_finding f = {.found = STS_FOUND_ABSENT};

	m->txt = NULL;
	m->ttl = f.ttl = a->ttl;
	notes_answer(m->notes, NOTE_PART_TXT, "", m->txt_name, DNS_TXT, a);
	switch (a->outcome) {
	case DNS_FAILED:
		f.found = STS_FOUND_TXT_FAILED;
		reason_fail(&f.why, a->why.cause, "TXT %s: %s", m->txt_name,
		    a->why.text);
		break;
	case DNS_SECURE:
	case DNS_INSECURE:
		if (!choose(a, m->id, &f.why))
			break;
		dnspacket_free(a);
		have_id(m);
		return;
	}
	notes_policy(m->notes, &f, NULL);
	dnspacket_free(a);
	finish(m, &f);
}

struct mtasts *mtasts_start(struct dns *dns, struct https *https,
    const struct mtasts_question *question, const struct notes *notes,
    void (*found)(void *arg, const struct mtasts_found *f), void *arg)
{
	struct mtasts *m = xcalloc(1, sizeof *m);

	m->https = https;
	m->notes = notes;
	m->found = found;
	m->arg = arg;
	m->fetch_anyway = question->fetch;
	m->hold = question->hold;
	m->base = question->base;
	m->is_background = question->is_background;
	snprintf(m->name, sizeof m->name, "%s", question->name);
	snprintf(m->known_id, sizeof m->known_id, "%s", question->id);
	snprintf(m->txt_name, sizeof m->txt_name, TXT_PREFIX "%s", m->name);
	m->txt = dns_ask(dns, m->txt_name, DNS_TXT, txt_answered, m);
	return m;
}
