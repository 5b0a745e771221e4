/* clock: time that goes on as the driver says.
 * SPDX-License-Identifier: MIT
 *
 * The functions of base/clock.h, in place of those in the library: for one
 * source of a program. */
#ifndef MXPOLICY_TEST_FUZZ_CLOCK_H
#define MXPOLICY_TEST_FUZZ_CLOCK_H

#include "base/clock.h"

#define FUZZ_CLOCK_START 1800000000

static int64_t fuzz_us; /* since then */

int64_t clock_now(void)
{
	return FUZZ_CLOCK_START + fuzz_us / 1000000;
}

int64_t clock_booted(void)
{
	return FUZZ_CLOCK_START - 1000;
}

int64_t clock_ms(void)
{
	return fuzz_us / 1000 + 1000000;
}

int64_t clock_us(void)
{
	return fuzz_us + INT64_C(1000000000);
}

int clock_left(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_ms();

	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

#endif
