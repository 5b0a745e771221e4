/* httpsslow: policy hosts that have lately kept us waiting.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_LOOKUP_HTTPSSLOW_H
#define MXPOLICY_LOOKUP_HTTPSSLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lookup/httpsaddr.h"

/* So many addresses at a time; a further one takes the place of the oldest. */
#define HTTPSSLOW_MAX 128
/* How long one is remembered. */
#define HTTPSSLOW_MS (10 * 60 * 1000)

struct httpsslow {
	struct {
		char address[HTTPSADDR_TEXT_MAX];
		int64_t until; /* clock_ms(); 0 for a free place */
	} slow[HTTPSSLOW_MAX];
	size_t next;
};

/* A transfer from there has failed after a while, or hangs. */
void httpsslow_note(struct httpsslow *s, const char *address, int64_t now_ms);

/* It has answered. */
void httpsslow_forget(struct httpsslow *s, const char *address);

bool httpsslow_knows(
    const struct httpsslow *s, const char *address, int64_t now_ms);

#endif
