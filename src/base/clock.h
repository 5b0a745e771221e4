/* clock: the one place where time is read.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_BASE_CLOCK_H
#define MXPOLICY_BASE_CLOCK_H

#include <stdint.h>

/* Seconds since the epoch: for what is stored. */
int64_t clock_now(void);

/* When this machine was booted, in seconds since the epoch; it moves when the
 * clock is set. */
int64_t clock_booted(void);

/* Milliseconds on a clock that is never set: for deadlines. */
int64_t clock_ms(void);

/* Microseconds on the same clock: for how long something took. */
int64_t clock_us(void);

/* The time left until a deadline of clock_ms(), for poll(): 0 if it has passed,
 * at most an hour. */
int clock_left(int64_t deadline_ms);

#endif
