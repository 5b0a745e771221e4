/* sample: made-up domains and records for the benchmarks, always the same.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_BENCH_SAMPLE_H
#define MXPOLICY_BENCH_SAMPLE_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "cache/record.h"

#define SAMPLE_KEY 64	/* bytes of a key with its end */
#define SAMPLE_TEXT 512 /* bytes of a policy's text */

static uint32_t sample_mix(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ x >> 16;
}

/* The i-th domain: 8 to 27 bytes, 16 on average. */
static inline void sample_key(uint32_t i, char key[static SAMPLE_KEY])
{
	static const char *const words[] = {"", "mail-", "nord", "stadt",
	    "muster", "post-", "transport", "west", "kirchen", "data", "hotel-",
	    "garten", "office", "technik", "bau", "university-"};
	static const char *const tlds[] = {
	    "com", "de", "org", "net", "nl", "co.uk", "fr", "info"};
	uint32_t h = sample_mix(i);

	snprintf(
	    key, SAMPLE_KEY, "%s%04x.%s", words[h & 15], i, tlds[h >> 4 & 7]);
}

/* What was found of it at now: nothing due for an hour, every tenth domain
 * with DANE, every twentieth with an MTA-STS policy (in text). */
static inline void sample_record(uint32_t i, const char *key, int64_t now,
    struct record *r, char text[static SAMPLE_TEXT])
{
	uint32_t h = sample_mix(i ^ 0x5bd1e995u);
	int len;

	record_init(r);
	r->used = now - h % 3600;
	r->uses = 1 + h % 20;
	r->dane.asof = r->dane.checked = now - h % 600;
	r->dane.due = now + 3600 + h % 72000;
	r->dane.last.ttl = 3600;
	r->dane.last.mx = i % 10 == 3 ? MX_SECURE : MX_INSECURE;
	r->dane.last.usable = i % 10 == 3 ? 2 : 0;
	r->dane.last.none = i % 10 == 3 ? 0 : 2;
	r->sts.checked = r->dane.checked;
	r->sts.due = r->dane.due;
	if (i % 20 != 7)
		return;
	len = snprintf(text, SAMPLE_TEXT,
	    "version: STSv1\nmode: enforce\nmx: mx1.%s\nmx: mx2.%s\n"
	    "mx: *.mx.%s\nmax_age: 604800\n",
	    key, key, key);
	strcpy(r->sts.id, "20240229T120000");
	r->sts.fetched = r->sts.checked;
	r->sts.policy = (struct sts_policy){.mode = STS_MODE_ENFORCE,
	    .max_age = 604800,
	    .text = text,
	    .text_len = (size_t)len};
}

#endif
