/* httpsslow: policy hosts that have lately kept us waiting.
 * SPDX-License-Identifier: MIT */
#include "lookup/httpsslow.h"

#include <string.h>

static size_t find(const struct httpsslow *s, const char *address)
{
	size_t i = 0;

	while (
	    i < HTTPSSLOW_MAX &&
	    (s->slow[i].until == 0 || strcmp(s->slow[i].address, address) != 0))
		i++;
	return i;
}

void httpsslow_note(struct httpsslow *s, const char *address, int64_t now_ms)
{
	size_t i = find(s, address);

	if (i == HTTPSSLOW_MAX) {
		i = s->next;
		s->next = (s->next + 1) % HTTPSSLOW_MAX;
		strcpy(s->slow[i].address, address);
	}
	s->slow[i].until = now_ms + HTTPSSLOW_MS;
}

void httpsslow_forget(struct httpsslow *s, const char *address)
{
	size_t i = find(s, address);

	if (i < HTTPSSLOW_MAX)
		s->slow[i].until = 0;
}

bool httpsslow_knows(
    const struct httpsslow *s, const char *address, int64_t now_ms)
{
	size_t i = find(s, address);

	return i < HTTPSSLOW_MAX && now_ms < s->slow[i].until;
}
