/* sharing: what other machines have learned, beside the lookups of this one.
 * SPDX-License-Identifier: MIT */
#include "serve/sharing.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "fleet/foreign.h"
#include "fleet/sharelink.h"

#define BURST 256 /* frames at once, as for findings */

struct sharing {
	struct link *resolve;
	struct inflight *in;
	struct sharelink *link;
	void (*tell)(void *arg, enum sharing_event event, int64_t usec);
	void *arg;
};

struct sharing *sharing_open(
    const struct config *c, struct link *link, struct inflight *in)
{
	struct sharing *s;

	if (!config_shares(c) || c->share_socket[0] == '\0')
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->resolve = link;
	s->in = in;
	s->link = sharelink_open(c->share_socket);
	return s;
}

void sharing_close(struct sharing *s)
{
	if (s == NULL)
		return;
	sharelink_close(s->link);
	free(s);
}

void sharing_tell(struct sharing *s,
    void (*tell)(void *arg, enum sharing_event event, int64_t usec), void *arg)
{
	if (s == NULL)
		return;
	s->tell = tell;
	s->arg = arg;
}

static void tell(struct sharing *s, enum sharing_event event, int64_t since_us)
{
	if (s->tell != NULL)
		s->tell(s->arg, event, clock_us() - since_us);
}

static bool say(struct sharing *s, enum share_kind kind, const struct flight *f)
{
	struct share_frame frame = {.kind = kind, .seq = f->seq};

	strcpy(frame.key, f->lookup.key);
	if (kind == SHARE_LEASE)
		frame.since = (uint32_t)f->lookup.record.sts.fetched;
	return sharelink_say(s->link, &frame);
}

/* Tell resolve; where it cannot be told, its own bound holds. */
static void order(
    struct sharing *s, const struct flight *f, enum question_kind kind)
{
	const struct question q = {.kind = kind, .seq = f->seq};
	struct reason why;

	if (f->defer_ms == 0)
		(void)!link_ask(s->resolve, &q, &why);
}

/* ---- the course of a lookup ---- */

bool sharing_ask(struct sharing *s, struct flight *f)
{
	memset(&f->share, 0, sizeof f->share);
	if (s == NULL || f->question.notes || f->question.new ||
	    !say(s, SHARE_GET, f))
		return false;
	f->share.asked = true;
	f->share.asked_us = clock_us();
	return true;
}

/* Nothing more is wanted from resolve than what is still pending. */
static void narrow(struct sharing *s, const struct flight *f)
{
	const struct lookup *l = &f->lookup;

	if (!l->dane_pending && !l->sts_pending)
		order(s, f, QUESTION_CANCEL);
	else if (!l->sts_pending)
		order(s, f, QUESTION_SKIP);
}

/* The policy that the TXT record announces is here, and no day old. */
static bool settle_by_id(struct flight *f)
{
	struct sts_branch *b = &f->lookup.record.sts;
	struct sts_finding same = {.found = STS_FOUND_SAME};
	int64_t now = clock_now();

	if (!f->lookup.sts_pending || f->share.txt_id[0] == '\0' ||
	    strcmp(b->id, f->share.txt_id) != 0 ||
	    !fresh_policy_alive(b, now) || fresh_fetch_due(b, f->until))
		return false;
	same.ttl = f->share.txt_ttl;
	strcpy(same.id, f->share.txt_id);
	fresh_merge_sts(b, &same, now);
	f->lookup.sts_pending = f->lookup.fetching = false;
	f->changed = true;
	return true;
}

bool sharing_knows(
    struct sharing *s, struct flight *f, const struct sts_finding *txt)
{
	if (s == NULL || !f->question.hold)
		return false;
	strcpy(f->share.txt_id, txt->id);
	f->share.txt_ttl = txt->ttl;
	if (settle_by_id(f)) {
		narrow(s, f);
		return true;
	}
	if (f->share.leasing)
		return false;
	f->share.leasing = say(s, SHARE_LEASE, f);
	f->share.leasing_us = clock_us();
	if (!f->share.leasing)
		order(s, f, QUESTION_GO);
	return false;
}

void sharing_again(struct sharing *s, struct flight *f)
{
	if (s == NULL)
		return;
	if (f->share.leasing)
		(void)!say(s, SHARE_LEAVE, f);
	f->share.leasing = f->share.waits = false;
	f->share.txt_id[0] = '\0';
}

static bool put(struct sharing *s, const struct flight *f)
{
	static uint8_t bytes[RECORD_MAX];
	struct share_frame frame = {
	    .kind = SHARE_PUT, .seq = f->seq, .record = bytes};
	struct record r;

	if (!f->share.found ||
	    !foreign_export(&r, &f->lookup.record, clock_now()))
		return false;
	strcpy(frame.key, f->lookup.key);
	frame.record_len = record_format(&r, frame.key, bytes);
	return sharelink_say(s->link, &frame);
}

void sharing_over(struct sharing *s, struct flight *f)
{
	if (s == NULL)
		return;
	if (f->share.asked)
		tell(s, SHARING_LATE, f->share.asked_us);
	if (!put(s, f) && f->share.leasing)
		(void)!say(s, SHARE_LEAVE, f);
	memset(&f->share, 0, sizeof f->share);
}

/* ---- answers ---- */

/* true: a half or more was taken. */
static bool take_record(struct flight *f, const struct share_frame *frame)
{
	struct lookup *l = &f->lookup;
	bool dane = l->dane_pending, sts = l->sts_pending;
	int64_t now = clock_now();
	struct record r;

	if (!record_parse(&r, l->key, frame->record, frame->record_len) ||
	    !foreign_clean(&r, now))
		return false;
	/* Our own TXT record is newer than theirs. */
	if (f->share.txt_id[0] != '\0' &&
	    strcmp(f->share.txt_id, r.sts.id) != 0)
		memset(&r.sts, 0, sizeof r.sts);
	foreign_merge(&l->record, &r, now, f->until, &dane, &sts);
	inflight_own_text(f);
	if (!sts)
		l->fetching = false;
	f->changed = true;
	if (dane == l->dane_pending && sts == l->sts_pending)
		return settle_by_id(f);
	l->dane_pending = dane;
	l->sts_pending = sts;
	settle_by_id(f);
	return true;
}

static void go(struct sharing *s, struct flight *f)
{
	if (f->lookup.sts_pending)
		order(s, f, QUESTION_GO);
}

static void take_found(
    struct sharing *s, struct flight *f, const struct share_frame *frame)
{
	bool taken = take_record(f, frame);

	if (f->share.asked)
		tell(s, taken ? SHARING_HIT : SHARING_MISS, f->share.asked_us);
	f->share.asked = false;
	if (taken)
		narrow(s, f);
}

/* Somebody else had the lease, and it is not ours now. */
static void take_fetched(
    struct sharing *s, struct flight *f, const struct share_frame *frame)
{
	tell(s, SHARING_WAITED, f->share.leasing_us);
	f->share.leasing = f->share.waits = false;
	if (take_record(f, frame))
		narrow(s, f);
	go(s, f);
}

static void take_none(struct sharing *s, struct flight *f, enum share_why why)
{
	if (!f->share.asked)
		return;
	f->share.asked = false;
	switch (why) {
	case SHARE_REFUSED:
		tell(s, SHARING_REFUSED, f->share.asked_us);
		return;
	case SHARE_DOWN:
		tell(s, SHARING_DOWN, f->share.asked_us);
		go(s, f);
		return;
	case SHARE_OK:
	case SHARE_MISS:
	case SHARE_WHYS:
		tell(s, SHARING_MISS, f->share.asked_us);
		return;
	}
}

static void take(struct sharing *s, const struct share_frame *frame)
{
	struct flight *f = inflight_find_seq(s->in, frame->seq);

	if (f == NULL || f->ending)
		return;
	switch (frame->kind) {
	case SHARE_FOUND:
		take_found(s, f, frame);
		return;
	case SHARE_NONE:
		take_none(s, f, frame->why);
		return;
	case SHARE_FETCHED:
		take_fetched(s, f, frame);
		return;
	case SHARE_MINE:
		tell(s, f->share.waits ? SHARING_WAITED : SHARING_LEASED,
		    f->share.leasing_us);
		f->share.waits = false;
		go(s, f);
		return;
	case SHARE_BUSY:
		f->share.waits = true;
		order(s, f, QUESTION_WAIT);
		return;
	case SHARE_GET:
	case SHARE_LEASE:
	case SHARE_PUT:
	case SHARE_LEAVE:
	case SHARE_DROP:
	case SHARE_STATE:
	case SHARE_DROPPED:
	case SHARE_STATED:
	case SHARE_KINDS:
		return;
	}
}

/* share is gone, and with it what it was asked. */
static void go_all(struct sharing *s)
{
	struct flight *f = NULL;

	while ((f = inflight_next(s->in, f)) != NULL) {
		if (f->lookup.over || f->ending)
			continue;
		if (f->share.asked)
			tell(s, SHARING_DOWN, f->share.asked_us);
		if (f->share.asked || f->share.leasing)
			go(s, f);
		f->share.asked = f->share.leasing = f->share.waits = false;
	}
}

void sharing_rest(struct sharing *s)
{
	if (s != NULL)
		sharelink_rest(s->link);
}

struct pollfd sharing_poll(const struct sharing *s)
{
	return s != NULL ? sharelink_poll(s->link) : (struct pollfd){.fd = -1};
}

void sharing_handle(struct sharing *s)
{
	enum sharelink_event event = SHARELINK_FRAME;
	static struct share_frame frame;

	if (s == NULL)
		return;
	for (int burst = 0; event == SHARELINK_FRAME && burst < BURST;
	     burst++) {
		event = sharelink_next(s->link, &frame);
		switch (event) {
		case SHARELINK_QUIET:
			break;
		case SHARELINK_FRAME:
			take(s, &frame);
			break;
		case SHARELINK_DOWN:
			go_all(s);
			break;
		}
	}
}
