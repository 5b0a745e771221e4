/* board: what the processes of wait mode know of each other, in shared memory.
 * SPDX-License-Identifier: MIT */
#include "count/board.h"

#include <sys/mman.h>

struct board {
	uint32_t waiting;
	uint8_t waits[BOARD_PLACES]; /* is this one among them? */
	int64_t silent[BOARD_PLACES];
};

struct board *board_open(void)
{
	void *b = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return b == MAP_FAILED ? NULL : b;
}

uint32_t board_set_waits(struct board *b, size_t place, bool waits)
{
	b->waits[place] = waits;
	return __atomic_add_fetch(
	    &b->waiting, waits ? 1 : UINT32_MAX, __ATOMIC_SEQ_CST);
}

bool board_waits(const struct board *b, size_t place)
{
	return b->waits[place] != 0;
}

uint32_t board_waiting(const struct board *b)
{
	return __atomic_load_n(&b->waiting, __ATOMIC_SEQ_CST);
}

void board_set_silent(struct board *b, size_t place, int64_t since)
{
	b->silent[place] = since;
}

size_t board_most_silent(const struct board *b, int64_t since)
{
	size_t place = BOARD_PLACES;

	for (size_t i = 0; i < BOARD_PLACES; i++) {
		int64_t then = b->silent[i];

		if (then == 0 || then > since)
			continue;
		since = then;
		place = i;
	}
	return place;
}
