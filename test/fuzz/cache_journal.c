/* fuzz cache_journal: entries of the cache's journal, as found on disk.
 * SPDX-License-Identifier: MIT */
#include <string.h>
#include "cache/journal.h"
#include "fuzz.h"

static uint8_t again[JOURNAL_ENTRY_MAX];

/* What is taken for whole is what journal_format() writes, and nothing else. */
static void check_whole(
    const struct journal_entry *e, const uint8_t *at, size_t used, size_t left)
{
	MUST(used <= left && used <= JOURNAL_ENTRY_MAX);
	MUST(e->kind == JOURNAL_PUT || e->kind == JOURNAL_DROP);
	MUST(e->len <= RECORD_MAX);
	MUST(e->record >= at && e->record + e->len == at + used);
	MUST(memchr(e->key, '\0', sizeof e->key) != NULL);
	MUST(journal_length(e->key, e->len) == used);
	MUST(journal_format(e, again) == used);
	MUST(memcmp(again, at, used) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of the exact size, so that a byte too many is seen. */
	uint8_t *copy = malloc(size > 0 ? size : 1);
	static struct journal_entry e;
	size_t at = 0, used = 0;

	MUST(copy != NULL);
	memcpy(copy, data, size);
	while (
	    journal_parse(&e, copy + at, size - at, &used) == JOURNAL_WHOLE) {
		check_whole(&e, copy + at, used, size - at);
		at += used;
	}
	/* However little of it is there, the answer is the same or PARTIAL. */
	for (size_t len = 0; len < size - at; len += 1 + size / 64)
		MUST(journal_parse(&e, copy + at, len, &used) != JOURNAL_WHOLE);
	free(copy);
	return 0;
}
