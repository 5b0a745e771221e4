/* fuzz dnspacket: whatever a packet holds, the answer keeps its promises.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "fuzz.h"
#include "dns/dnspacket.h"

/* A string has a length byte of its own: joined, they are shorter. */
static void check_txt(const struct dns_rr *rr)
{
	char *exact = malloc(rr->len > 0 ? rr->len : 1);
	size_t len, again;

	MUST(exact != NULL);
	if (dnspacket_join_txt(rr, exact, rr->len, &len)) {
		MUST(len < rr->len || (len == 0 && rr->len == 0));
		MUST(dnspacket_join_txt(rr, exact, len, &again));
		MUST(again == len);
		MUST(len == 0 ||
		     !dnspacket_join_txt(rr, exact, len - 1, &again));
	}
	free(exact);
}

static void check_data(const struct dns_answer *a, enum dns_type type)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct dns_rr *rr = &a->rr[i];
		volatile uint8_t sum = 0;

		for (size_t j = 0; j < rr->len; j++)
			sum += rr->data[j];
		(void)sum;
		if (type == DNS_TXT)
			check_txt(rr);
		if (type == DNS_A)
			MUST(rr->len == 4);
		if (type == DNS_AAAA)
			MUST(rr->len == 16);
		if (type == DNS_MX && rr->len > 2)
			MUST(memchr(rr->data + 2, '\0', rr->len - 2) == NULL);
		if (type == DNS_MX || type == DNS_CNAME)
			MUST(rr->len <= 2 + DNS_NAME_TEXT_MAX);
	}
}

/* The first byte chooses the type, the second where the question's name comes
 * from: a fixed one, or the packet, so that the rest is reached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {
	    DNS_A, DNS_CNAME, DNS_MX, DNS_TXT, DNS_AAAA, DNS_DNSKEY, DNS_TLSA};
	const char *name = "example";
	enum dns_type type;
	struct dns_answer *a;

	if (size < 2)
		return 0;
	type = types[data[0] % (sizeof(types) / sizeof(*types))];
	if (data[1] & 1)
		name = "mx.example";
	a = dnspacket_read(name, type, data + 2, size - 2, DNS_SECURE);
	MUST(a != NULL);
	MUST(strlen(a->canon) <= DNS_NAME_TEXT_MAX);
	MUST(a->ttl <= DNS_TTL_MAX);
	switch (a->outcome) {
	case DNS_SECURE:
		MUST((a->content == DNS_DATA) == (a->n > 0));
		MUST(a->why.text[0] == '\0');
		check_data(a, type);
		break;
	case DNS_INSECURE:
		MUST(false); /* nobody gave it this outcome */
		break;
	case DNS_FAILED:
		MUST(a->n == 0 && a->ttl == 0 && a->why.text[0] != '\0');
		break;
	}
	dnspacket_free(a);
	/* No name is in front of itself. */
	if (dnspacket_denies_tld(data + 2, size - 2, "lan"))
		MUST(!dnspacket_denies_tld(data + 2, size - 2, ""));
	return 0;
}
