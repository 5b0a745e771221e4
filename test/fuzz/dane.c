/* fuzz dane: whatever the answers are and in which order they come, the walk
 * ends, asks no more than it may, and finds no more security than they had.
 * SPDX-License-Identifier: MIT
 *
 * The input: u8 how it is called, then the answers (answers.h). */
#include "lookup/dane.h"

#include <stdio.h>
#include <string.h>
#include "answers.h"
#include "fuzz.h"

/* A, AAAA, CNAME, and TLSA at two names. */
enum { ASKS_EACH = 5, PORT = 25, IS_HOST = 1, WITH_NOTES = 2, CANCEL = 4 };

static const char name[] = "example";
static struct dane_finding found;
static size_t times;
/* Who was told: hosts by their status. */
static size_t told[HOST_ABSENT + 1];

static void on_done(void *arg, const struct dane_finding *f)
{
	(void)arg;
	found = *f;
	times++;
}

static const struct answers_given *tlsa_of(const char *host)
{
	char at[DNS_NAME_TEXT_MAX + 32];

	snprintf(at, sizeof at, "_%d._tcp.%s", PORT, host);
	return answers_find(at, DNS_TLSA);
}

static bool is(const struct answers_given *g, enum dns_outcome outcome)
{
	return g != NULL && g->outcome == outcome;
}

static bool has(const struct answers_given *g, enum dns_outcome outcome)
{
	return is(g, outcome) && g->content == DNS_DATA;
}

/* What may be used of a host: its own TLSA records, or where a secure alias
 * leads. */
static bool may_be(const char *host, bool usable)
{
	const struct answers_given *tries[] = {tlsa_of(host), NULL, NULL};
	const struct answers_given *a = answers_find(host, DNS_A);
	const struct answers_given *b = answers_find(host, DNS_AAAA);

	if (!is(a, DNS_SECURE) && !is(b, DNS_SECURE) &&
	    !has(answers_find(host, DNS_CNAME), DNS_SECURE))
		return false;
	if (is(a, DNS_SECURE) && a->had_cname)
		tries[1] = tlsa_of(a->canon);
	if (is(b, DNS_SECURE) && b->had_cname)
		tries[2] = tlsa_of(b->canon);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (has(tries[i], DNS_SECURE) && tries[i]->has_usable == usable)
			return true;
	return false;
}

/* Secure addresses at its own name and securely TLSA records: no other answer
 * can take that from the host.  Nor can it be proven where it failed. */
static void check_plain(const char *host, enum host_status status)
{
	const struct answers_given *a = answers_find(host, DNS_A);
	const struct answers_given *b = answers_find(host, DNS_AAAA);
	const struct answers_given *t = tlsa_of(host);

	if (!has(a, DNS_SECURE) || !has(b, DNS_SECURE) || a->had_cname ||
	    b->had_cname)
		return;
	MUST(status != HOST_ABSENT);
	if (has(t, DNS_SECURE))
		MUST(status == (t->has_usable ? HOST_USABLE : HOST_UNUSABLE));
	else
		MUST(status == (is(t, DNS_FAILED) ? HOST_ERROR : HOST_NONE));
}

static void check_host(const char *host, enum host_status status)
{
	const struct answers_given *a = answers_find(host, DNS_A);
	const struct answers_given *b = answers_find(host, DNS_AAAA);

	check_plain(host, status);
	switch (status) {
	case HOST_USABLE:
		MUST(may_be(host, true));
		return;
	case HOST_UNUSABLE:
		MUST(may_be(host, false));
		return;
	case HOST_NONE:
		MUST(!is(a, DNS_FAILED) || !is(b, DNS_FAILED));
		return;
	case HOST_ERROR:
		return;
	case HOST_ABSENT: /* or not a name, which nobody asked for */
		MUST(a == NULL || (is(a, DNS_SECURE) && !has(a, DNS_SECURE)));
		MUST(b == NULL || (is(b, DNS_SECURE) && !has(b, DNS_SECURE)));
		return;
	}
}

static void on_note(void *arg, const struct note *n)
{
	(void)arg;
	if (n->kind != NOTE_HOST)
		return;
	MUST(n->host.status <= HOST_ABSENT);
	MUST(n->host.usable <= n->host.of);
	check_host(n->host.name, n->host.status);
	told[n->host.status]++;
}

static void check_mx(bool is_host)
{
	const struct answers_given *mx = answers_find(name, DNS_MX);

	MUST(is_host == (mx == NULL));
	switch (found.mx) {
	case MX_SECURE:
		MUST(is_host || is(mx, DNS_SECURE));
		return;
	case MX_INSECURE:
		MUST(is(mx, DNS_INSECURE) && mx->content != DNS_NXDOMAIN);
		return;
	case MX_FAILED:
		MUST(is(mx, DNS_FAILED) && found.why.cause != CAUSE_NONE);
		MUST(found.ttl == 0);
		break;
	case MX_NONE:
		MUST(is(mx, DNS_SECURE) && mx->content != DNS_NODATA);
		break;
	case MX_NONE_INSECURE:
		MUST(is(mx, DNS_INSECURE) && mx->content != DNS_NODATA);
		break;
	}
	MUST(found.usable + found.unusable + found.none + found.error == 0);
}

/* The smallest TTL of answers that matter: of some of them. */
static void check_ttl(void)
{
	const struct answers_given *mx = answers_find(name, DNS_MX), *g;
	uint32_t smallest = DNS_TTL_MAX;

	if (found.mx == MX_FAILED)
		return;
	for (size_t i = 0; (g = answers_at(i)) != NULL; i++)
		if (g->outcome != DNS_FAILED && g->ttl < smallest)
			smallest = g->ttl;
	MUST(mx == NULL || found.ttl <= mx->ttl);
	MUST(found.ttl >= smallest || found.ttl == 0);
}

static void check(bool is_host, bool with_notes)
{
	size_t usable = 0, unusable = 0;
	const struct answers_given *g;

	check_mx(is_host);
	check_ttl();
	MUST(found.usable + found.unusable + found.none + found.error <=
	     DANE_HOSTS_MAX);
	MUST(found.error == 0 || found.why.cause != CAUSE_NONE);
	for (size_t i = 0; (g = answers_at(i)) != NULL; i++)
		if (g->type == DNS_A ||
		    (g->type == DNS_AAAA &&
			answers_find(g->name, DNS_A) == NULL)) {
			usable += may_be(g->name, true);
			unusable += may_be(g->name, false);
		}
	MUST(found.usable <= usable && found.unusable <= unusable);
	if (!with_notes)
		return;
	MUST(found.usable == told[HOST_USABLE]);
	MUST(found.unusable == told[HOST_UNUSABLE]);
	MUST(found.none == told[HOST_NONE] && found.error == told[HOST_ERROR]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct notes notes = {.put = on_note};
	struct dane *d;
	uint8_t how;
	size_t left;

	answers_begin(data, size);
	how = answers_byte();
	left = (how & CANCEL) != 0 ? how >> 3 : SIZE_MAX;
	times = 0;
	memset(told, 0, sizeof told);
	d = dane_start(NULL,
	    &(const struct dane_question){
		.name = name, .port = PORT, .is_host = (how & IS_HOST) != 0},
	    (how & WITH_NOTES) != 0 ? &notes : NULL, on_done, NULL);
	while (times == 0 && left-- > 0 && answers_step())
		continue;
	if (times == 0 && (how & CANCEL) != 0)
		dane_cancel(d);
	else
		MUST(times == 1);
	MUST(answers_open() == 0);
	MUST(answers_asked() <= 1 + ASKS_EACH * DANE_HOSTS_MAX);
	if (times == 1)
		check((how & IS_HOST) != 0, (how & WITH_NOTES) != 0);
	return 0;
}
