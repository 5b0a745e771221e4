/* verdict: the decision from what was found (src/README).
 * SPDX-License-Identifier: MIT */
#include "policy/verdict.h"

#include <stdbool.h>
#include <stddef.h>

static void count(uint16_t *counter)
{
	if (*counter < UINT16_MAX)
		(*counter)++;
}

void verdict_count(struct dane_finding *f, enum host_status host)
{
	switch (host) {
	case HOST_USABLE:
		count(&f->usable);
		break;
	case HOST_UNUSABLE:
		count(&f->unusable);
		break;
	case HOST_NONE:
		count(&f->none);
		break;
	case HOST_ERROR:
		count(&f->error);
		break;
	case HOST_ABSENT:
		break;
	}
}

/* Marks a text that is translated for people (po/). */
#define N_(text) text

/* A row of the table: the verdicts with S, without, and without where main.cf
 * is strict; and its name. */
struct row {
	enum verdict with, without, strict;
	const char *words;
};

static const struct row all_usable = {VERDICT_DANE_ONLY, VERDICT_DANE_ONLY,
    VERDICT_DANE_ONLY, N_("secure MX, all hosts with usable TLSA")};
/* To Postfix a host without TLSA is opportunistic under dane and skipped under
 * dane-only: if MTA-STS is enforced too, only the latter is not weaker. */
static const struct row some_usable = {VERDICT_DANE_ONLY, VERDICT_DANE,
    VERDICT_DANE_ONLY, N_("secure MX, some hosts with usable TLSA")};
static const struct row some_error = {VERDICT_TEMP, VERDICT_DANE, VERDICT_TEMP,
    N_("secure MX, no usable TLSA, some hosts could not be looked up")};
static const struct row some_unusable = {VERDICT_SECURE, VERDICT_DANE,
    VERDICT_NOTFOUND, N_("secure MX, TLSA but none usable")};
static const struct row none = {VERDICT_SECURE, VERDICT_NOTFOUND,
    VERDICT_NOTFOUND, N_("secure MX, no host with TLSA")};
/* RFC 7672 2.2.1 permits DANE here, but that does not make it secure. */
static const struct row insecure_tlsa = {VERDICT_SECURE, VERDICT_DANE,
    VERDICT_NOTFOUND, N_("insecure MX, some hosts with TLSA")};
static const struct row insecure_none = {VERDICT_SECURE, VERDICT_NOTFOUND,
    VERDICT_NOTFOUND, N_("insecure MX, no host with TLSA")};
static const struct row failed = {
    VERDICT_TEMP, VERDICT_TEMP, VERDICT_TEMP, N_("MX could not be looked up")};
static const struct row no_mail = {VERDICT_NOTFOUND, VERDICT_NOTFOUND,
    VERDICT_NOTFOUND, N_("the domain takes no mail")};
static const struct row insecure_no_mail = {VERDICT_SECURE, VERDICT_NOTFOUND,
    VERDICT_NOTFOUND, N_("insecure: the domain takes no mail")};

static const struct row *find_secure_row(const struct dane_finding *f)
{
	if (f->usable > 0) {
		if (f->unusable == 0 && f->none == 0 && f->error == 0)
			return &all_usable;
		return &some_usable;
	}
	if (f->error > 0)
		return &some_error;
	return f->unusable > 0 ? &some_unusable : &none;
}

static const struct row *find_row(const struct dane_finding *f)
{
	switch (f->mx) {
	case MX_SECURE:
		return find_secure_row(f);
	case MX_INSECURE:
		return f->usable > 0 || f->unusable > 0 ? &insecure_tlsa
							: &insecure_none;
	case MX_FAILED:
		return &failed;
	case MX_NONE:
		return &no_mail;
	case MX_NONE_INSECURE:
		return &insecure_no_mail;
	}
	return &failed;
}

enum column { WITH, WITHOUT, STRICT };

static enum verdict field(const struct row *row, enum column column)
{
	switch (column) {
	case WITH:
		return row->with;
	case WITHOUT:
		return row->without;
	case STRICT:
		return row->strict;
	}
	return VERDICT_TEMP;
}

/* One field of the table: everything is known. */
static enum verdict read_table(const struct dane_finding *dane,
    const struct dane_finding *stale, enum column column)
{
	enum verdict old;

	if (dane->mx == MX_FAILED && stale != NULL) {
		old = field(find_row(stale), column);
		return old == VERDICT_DANE || old == VERDICT_DANE_ONLY
			   ? old
			   : VERDICT_TEMP;
	}
	return field(find_row(dane), column);
}

enum verdict verdict_decide(const struct dane_finding *dane,
    const struct dane_finding *stale, enum sts_standing sts, bool strict)
{
	enum verdict with, without;

	/* Each column of the table has several verdicts: whatever is known
	 * about MTA-STS, the DANE branch can still change the outcome. */
	if (dane == NULL)
		return VERDICT_PENDING;
	with = read_table(dane, stale, WITH);
	without = read_table(dane, stale, strict ? STRICT : WITHOUT);
	switch (sts) {
	case STS_STANDING_ENFORCED:
		return with;
	case STS_STANDING_ABSENT:
		return without;
	case STS_STANDING_FAILED:
		return with == without ? with : VERDICT_TEMP;
	case STS_STANDING_PENDING:
		/* The third outcome, STS_STANDING_FAILED, agrees if the other
		 * two do. */
		return with == without ? with : VERDICT_PENDING;
	}
	return VERDICT_TEMP;
}

const char *verdict_row(const struct dane_finding *dane)
{
	return dane == NULL ? "still being looked up" : find_row(dane)->words;
}

const char *verdict_name(enum verdict v)
{
	switch (v) {
	case VERDICT_DANE_ONLY:
		return "dane-only";
	case VERDICT_DANE:
		return "dane";
	case VERDICT_SECURE:
		return "secure";
	case VERDICT_NOTFOUND:
		return "NOTFOUND";
	case VERDICT_TEMP:
		return "TEMP";
	case VERDICT_PENDING:
		return "pending";
	}
	return "TEMP";
}
