/* board: what the processes of wait mode know of each other, in shared memory.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_COUNT_BOARD_H
#define MXPOLICY_COUNT_BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_PLACES 2000 /* one a process */

struct board;

/* Empty, and shared with all processes that are forked from here on.  NULL: it
 * cannot be had (errno). */
struct board *board_open(void);

/* The process at that place waits for a connection, or does not any more.
 * Returns how many wait now. */
uint32_t board_set_waits(struct board *b, size_t place, bool waits);
bool board_waits(const struct board *b, size_t place);
uint32_t board_waiting(const struct board *b);

/* Its client is silent since then (clock_ms()); 0: it is not, or has gone. */
void board_set_silent(struct board *b, size_t place, int64_t since);
/* Whose client is silent longest, and at least since `since`; BOARD_PLACES:
 * nobody's. */
size_t board_most_silent(const struct board *b, int64_t since);

#endif
