/* siphash: SipHash-2-4, a hash that nobody can aim at without the key.
 * SPDX-License-Identifier: MIT */
#include "base/siphash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int by)
{
	return x << by | x >> (64 - by);
}

static void mix(struct state *s, int rounds)
{
	while (rounds-- > 0) {
		s->v0 += s->v1;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v2 = rotate(s->v2, 32);
	}
}

static void take(struct state *s, uint64_t word)
{
	s->v3 ^= word;
	mix(s, 2);
	s->v0 ^= word;
}

/* n bytes, at most 8, little-endian. */
static uint64_t word_at(const uint8_t *at, size_t n)
{
	uint64_t word = 0;

	while (n-- > 0)
		word = word << 8 | at[n];
	return word;
}

uint64_t siphash(const uint64_t key[static 2], const void *data, size_t len)
{
	struct state s = {
	    .v0 = key[0] ^ UINT64_C(0x736f6d6570736575),
	    .v1 = key[1] ^ UINT64_C(0x646f72616e646f6d),
	    .v2 = key[0] ^ UINT64_C(0x6c7967656e657261),
	    .v3 = key[1] ^ UINT64_C(0x7465646279746573),
	};
	const uint8_t *at = data;
	size_t left = len;

	for (; left >= 8; at += 8, left -= 8)
		take(&s, word_at(at, 8));
	take(&s, word_at(at, left) | (uint64_t)len << 56);
	s.v2 ^= 0xff;
	mix(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
