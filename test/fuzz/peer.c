/* fuzz peer: what a mail host shows as certificates, against what DNS says,
 * both of strangers; nothing is verified that no usable record stands for.
 * SPDX-License-Identifier: MIT
 *
 * A record (usage, selector, matching, usable, length in two bytes, data), and
 * behind it certificates (length in two bytes, DER). */
#include <string.h>
#include "fuzz.h"
#include "verb/verify/dane.h"
#include "x509/crt.h"
#include "x509/describe.h"

#define HEAD 6

struct rest {
	const uint8_t *at;
	size_t len;
};

/* The next part: two bytes of length, and no more than there is. */
static struct rest take(struct rest *r, size_t head)
{
	struct rest part = {NULL, 0};

	if (r->len < head)
		return part;
	part.len = (size_t)r->at[head - 2] << 8 | r->at[head - 1];
	part.at = r->at + head;
	if (part.len > r->len - head)
		part.len = r->len - head;
	r->at = part.at + part.len;
	r->len -= head + part.len;
	return part;
}

static void check_descriptions(const struct peer *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct description d;

		if (describe_certificate(&d, p->cert[i].der, p->cert[i].len)) {
			MUST(d.subject != NULL && d.issuer != NULL);
			MUST(d.n_names <= CRT_NAMES_MAX);
		} else {
			MUST(d.n_names == 0);
		}
		describe_clear(&d);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"mx.example", ".other.example"};
	struct rest rest = {data, size}, part = take(&rest, HEAD);
	struct dane_tlsa tlsa = {0};
	struct peer p = {0};
	struct reason why = {0};
	enum peer_trust trust;

	if (part.at == NULL)
		return 0;
	/* Of what lookup finds unusable nothing else is promised (tlsa.h). */
	tlsa = (struct dane_tlsa){.usage = data[0] & 3,
	    .selector = data[1] & 1,
	    .matching = data[2] % 3,
	    .usable = data[3] & 1,
	    .data = part.at,
	    .len = part.len};
	while (p.n < PEER_CHAIN_MAX && (part = take(&rest, 2)).at != NULL) {
		p.cert[p.n].der = (uint8_t *)(uintptr_t)part.at;
		p.cert[p.n++].len = part.len;
	}
	check_descriptions(&p);
	trust = dane_check(&p, &tlsa, 1, names, 2, &why);
	MUST((trust == PEER_ANONYMOUS) == (p.n == 0));
	MUST(trust != PEER_VERIFIED || (tlsa.matches && tlsa.usable));
	MUST(!tlsa.matches || tlsa.usage >= 2);
	MUST(trust == PEER_VERIFIED || trust == PEER_ANONYMOUS ||
	     why.text[0] != '\0');
	return 0;
}
