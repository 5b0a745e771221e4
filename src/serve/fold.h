/* fold: what lookups find, folded into their records.
 * SPDX-License-Identifier: MIT */
#ifndef MXPOLICY_SERVE_FOLD_H
#define MXPOLICY_SERVE_FOLD_H

#include "serve/config.h"
#include "serve/inflight.h"
#include "serve/sharing.h"
#include "wire/note.h"

/* Told of what happens.  Each may be NULL; all of it happens within
 * refresh_start(), refresh_handle() and refresh_store(). */
struct refresh_observer {
	/* One half is in, and folded into the lookup's record. */
	void (*dane)(
	    void *arg, const struct lookup *l, const struct dane_finding *f);
	void (*sts)(
	    void *arg, const struct lookup *l, const struct sts_finding *f);
	/* What the lookup met on its way; asked for when this is set.  What
	 * the note points to is valid during the call. */
	void (*note)(void *arg, const char *key, const struct note *n);
	/* `resolve` failed somebody who waits. */
	void (*resolve)(void *arg, const struct reason *why);
	/* What became of a question to the shared cache, after usec. */
	void (*shared)(void *arg, enum sharing_event event, int64_t usec);
	/* A record could not be stored. */
	void (*not_stored)(void *arg, const struct reason *why);
	void *arg;
};

struct fold {
	const struct config *config;
	struct refresh_observer tell;
	struct sharing *sharing; /* NULL: nothing is shared */
	bool background;	 /* nobody waits for the lookups */
	size_t failed;		 /* lookups that left a half undetermined */
};

void fold_dane(
    struct fold *t, struct flight *f, const struct dane_finding *dane);
void fold_sts(struct fold *t, struct flight *f, const struct sts_finding *sts);

/* What is still open stays unknown: a failure of ours says nothing about the
 * domain (cache/fresh.h).  The lookup ends.  remember: not where it is this
 * process alone that cannot find out, and the next one may at once. */
void fold_failure(
    struct fold *t, struct flight *f, const struct reason *why, bool remember);

/* The end of a lookup, which has to be complete. */
void fold_end(struct fold *t, struct flight *f);

#endif
