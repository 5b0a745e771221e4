/* clock: the one place where time is read.
 * SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

int64_t clock_booted(void)
{
	struct timespec since;

	clock_gettime(CLOCK_BOOTTIME, &since);
	return clock_now() - since.tv_sec;
}

int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int clock_left(int64_t deadline_ms)
{
	int64_t left = deadline_ms - clock_ms();

	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}
