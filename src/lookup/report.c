/* report: report failed policy fetches to the TLSRPT collector (RFC 8460 4.3).
 * SPDX-License-Identifier: MIT */
#include "lookup/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/xalloc.h"
#include "cache/fresh.h"
#include "policy/domain.h"
#include "policy/tlsrpt_txt.h"

#define TXT_PREFIX "_smtp._tls." /* RFC 8460 3 */

struct seen {
	int64_t at; /* seconds on the clock of clock_ms(); 0: free */
	char domain[DOMAIN_MAX + 1];
	char id[STS_ID_MAX + 1];
};

struct reports {
	struct dns *dns;
	const struct report_config *config;
	struct reason trouble; /* the last one that was logged */
	size_t next;	       /* the oldest place */
	struct seen seen[REPORT_KEPT];
};

struct report {
	struct reports *all;
	void (*done)(void *arg);
	void *arg;
	struct dns_query *txt;
	struct reason why;
	char domain[DOMAIN_MAX + 1];
	char txt_name[sizeof TXT_PREFIX + DOMAIN_MAX];
};

struct reports *report_open(struct dns *dns, const struct report_config *config)
{
	struct reports *all = xcalloc(1, sizeof *all);

	all->dns = dns;
	all->config = config;
	return all;
}

void report_close(struct reports *all)
{
	free(all);
}

void report_cancel(struct report *r)
{
	if (r == NULL)
		return;
	dns_cancel(r->txt);
	free(r);
}

/* Was it handled within the window?  Remember it. */
static bool is_repeated(struct reports *all, const struct report_failure *f)
{
	int64_t now = clock_ms() / 1000 + 1; /* never 0 */
	struct seen *s;

	for (s = all->seen; s < all->seen + REPORT_KEPT; s++)
		if (s->at != 0 && now - s->at < FRESH_FETCH_RETRY &&
		    strcmp(s->domain, f->domain) == 0 &&
		    strcmp(s->id, f->id) == 0)
			return true;
	s = &all->seen[all->next];
	all->next = (all->next + 1) % REPORT_KEPT;
	s->at = now;
	snprintf(s->domain, sizeof s->domain, "%s", f->domain);
	snprintf(s->id, sizeof s->id, "%s", f->id);
	return false;
}

/* There must be exactly one record that begins with "v=TLSRPTv1;", and it must
 * be valid.  false: why is set if there is something to say. */
static bool choose(const struct dns_answer *a,
    char record[static TLSRPT_TXT_MAX + 1], struct reason *why)
{
	static char txt[TLSRPT_TXT_MAX];
	size_t valid = 0, invalid = 0;

	for (size_t i = 0; i < a->n; i++) {
		size_t len;

		if (!dnspacket_join_txt(&a->rr[i], txt, sizeof txt, &len))
			continue;
		switch (tlsrpt_txt_parse(txt, len, why)) {
		case TLSRPT_TXT_OTHER:
			break;
		case TLSRPT_TXT_VALID:
			valid++;
			memcpy(record, txt, len);
			record[len] = '\0';
			break;
		case TLSRPT_TXT_INVALID:
			invalid++;
			break;
		}
	}
	if (valid + invalid > 1)
		reason_set(
		    why, "%zu TLSRPT records, one is allowed", valid + invalid);
	else if (valid + invalid == 0)
		reason_set(why, "no TLSRPT record");
	return valid == 1 && invalid == 0;
}

static void debug(const struct report *r, const char *what, const char *why)
{
	const struct report_config *config = r->all->config;
	struct reason line;

	if (config->debug == NULL)
		return;
	reason_set(&line, "report of %s for %s: %s%s",
	    sts_failure_name(sts_failure_of(r->why.cause)), r->domain, what,
	    why);
	config->debug(line.text);
}

/* Log a missing collector once, not for each domain. */
static void log_trouble(struct reports *all, const struct reason *why)
{
	if (strcmp(all->trouble.text, why->text) == 0)
		return;
	all->trouble = *why;
	all->config->log(why->text);
}

/* Nobody else needs to know about our name servers and our proxy. */
static bool may_be_told(enum cause cause)
{
	return cause_is_domains(cause) && cause != CAUSE_HTTPS_LOOKUP;
}

static void send_report(struct report *r, const char *record)
{
	const struct datagram d = {
	    .domain = r->domain,
	    .record = record,
	    .failure = sts_failure_of(r->why.cause),
	    .detail = may_be_told(r->why.cause) ? r->why.text : NULL,
	};
	struct reason why = {0};

	if (collector_send(r->all->config->collector, &d, &why)) {
		reason_clear(&r->all->trouble);
		debug(r, "sent", "");
	} else {
		log_trouble(r->all, &why);
		debug(r, "not sent, ", why.text);
	}
}

static void txt_answered(void *arg, struct dns_answer *a)
{
	static char record[TLSRPT_TXT_MAX + 1];
	struct report *r = arg;
	void (*done)(void *) = r->done;
	void *done_arg = r->arg;
	struct reason why = {0};

	r->txt = NULL;
	switch (a->outcome) {
	case DNS_FAILED:
		debug(r, "not sent, ", a->why.text);
		break;
	case DNS_SECURE:
	case DNS_INSECURE:
		if (choose(a, record, &why))
			send_report(r, record);
		else
			debug(r, "not sent, ", why.text);
		break;
	}
	dnspacket_free(a);
	report_cancel(r);
	done(done_arg);
}

struct report *report_start(struct reports *all,
    const struct report_failure *failure, void (*done)(void *arg), void *arg)
{
	struct report *r;

	if (all->config->collector == NULL ||
	    sts_failure_of(failure->why->cause) == STS_FAILURE_NONE ||
	    is_repeated(all, failure))
		return NULL;
	r = xcalloc(1, sizeof *r);
	r->all = all;
	r->done = done;
	r->arg = arg;
	r->why = *failure->why;
	snprintf(r->domain, sizeof r->domain, "%s", failure->domain);
	snprintf(r->txt_name, sizeof r->txt_name, TXT_PREFIX "%s", r->domain);
	r->txt = dns_ask(all->dns, r->txt_name, DNS_TXT, txt_answered, r);
	return r;
}
