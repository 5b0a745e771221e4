/* progress: a bar on standard error while something takes its time.
 * SPDX-License-Identifier: MIT */
#include "term/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/xalloc.h"

#define REDRAW_MS 100
#define BAR_COLUMNS 40

struct progress {
	size_t total;
	int64_t drawn_ms;
	bool drawn;
};

struct progress *progress_open(size_t total)
{
	struct progress *p;

	if (!isatty(STDERR_FILENO))
		return NULL;
	p = xcalloc(1, sizeof *p);
	p->total = total;
	p->drawn_ms = clock_ms();
	return p;
}

void progress_set(struct progress *p, size_t done)
{
	int64_t now;
	size_t full;

	if (p == NULL || (now = clock_ms()) - p->drawn_ms < REDRAW_MS)
		return;
	p->drawn_ms = now;
	p->drawn = true;
	if (p->total == 0) {
		fprintf(stderr, "\r%zu", done);
		return;
	}
	full = done >= p->total ? BAR_COLUMNS : done * BAR_COLUMNS / p->total;
	fprintf(stderr, "\r[%.*s%*s] %zu/%zu", (int)full,
	    "########################################",
	    (int)(BAR_COLUMNS - full), "", done, p->total);
}

void progress_close(struct progress *p)
{
	if (p == NULL)
		return;
	if (p->drawn)
		fputs("\r\033[K", stderr);
	free(p);
}
