/* outcome: would mail be delivered to a host, and to the domain?
 * SPDX-License-Identifier: MIT */
#include "verb/verify/outcome.h"

enum verify_fate outcome_host(const struct verify_host *h)
{
	enum verify_fate fate = VERIFY_UNREACHED;

	if (h->need == VERIFY_SKIPPED)
		return h->unknown ? VERIFY_UNREACHED : VERIFY_REFUSED;
	for (size_t i = 0; i < h->n_addresses; i++) {
		if (h->address[i].fate == VERIFY_DELIVERED)
			return VERIFY_DELIVERED;
		if (h->address[i].fate == VERIFY_REFUSED)
			fate = VERIFY_REFUSED;
	}
	return fate;
}

size_t outcome_unknown(const struct verify *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n_hosts; i++)
		n += outcome_host(v->host[i]) == VERIFY_UNREACHED;
	return n;
}

enum verify_fate outcome_count(const struct verify *v, size_t *good)
{
	const struct answer *a = trace_answer(v->c);

	*good = 0;
	if (v->demand.level == TLS_LEVEL_DEFER ||
	    a->domain.kind == DOMAIN_REFUSED)
		return VERIFY_UNREACHED;
	if (v->n_hosts == 0)
		return a->record.dane.failed ? VERIFY_UNREACHED
					     : VERIFY_REFUSED;
	for (size_t i = 0; i < v->n_hosts; i++) {
		const struct verify_host *h = v->host[i];
		enum verify_fate fate = outcome_host(h);

		if (fate == VERIFY_DELIVERED && !h->late)
			++*good;
	}
	if (*good > 0)
		return VERIFY_DELIVERED;
	return outcome_unknown(v) > 0 ? VERIFY_UNREACHED : VERIFY_REFUSED;
}

const char *outcome_word(const struct verify *v, const struct verify_host *h,
    const struct verify_address *a)
{
	bool strict = h->need == VERIFY_DANE || h->need == VERIFY_PKIX;
	const struct probe_result *r =
	    a->probe != NULL ? probe_result(a->probe) : NULL;

	if (r == NULL || r->end < PROBE_LOST)
		return "";
	switch (a->trust) {
	case PEER_ANONYMOUS:
		return "Anonymous";
	case PEER_UNTRUSTED:
		return "Untrusted";
	case PEER_TRUSTED:
		return "Trusted";
	case PEER_VERIFIED:
		break;
	}
	/* An insecure MX RRset can lead anywhere, so Postfix does not log
	 * "Verified" (its level half-dane). */
	if (!strict || (h->need == VERIFY_DANE && !v->mx_secure))
		return "Trusted";
	return "Verified";
}
