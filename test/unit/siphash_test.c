/* siphash_test: the vectors of its authors.
 * SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/siphash.h"

/* Key 00 01 02 ... 0f, input 00 01 02 ... of so many bytes ("SipHash: a fast
 * short-input PRF", appendix A, and vectors.h of its reference code). */
static const struct {
	size_t len;
	uint64_t hash;
} vectors[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)},
    {1, UINT64_C(0x74f839c593dc67fd)},
    {7, UINT64_C(0xab0200f58b01d137)},
    {8, UINT64_C(0x93f5f5799a932462)},
    {15, UINT64_C(0xa129ca6149be45e5)},
};

static void it_gives_the_hashes_of_its_authors(void **state)
{
	const uint64_t key[2] = {
	    UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)};
	uint8_t input[16];

	(void)state;
	for (uint8_t i = 0; i < sizeof input; i++)
		input[i] = i;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++)
		assert_int_equal(
		    siphash(key, input, vectors[i].len), vectors[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_gives_the_hashes_of_its_authors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
