/* certificate: a server certificate, for a person and as JSON.
 * SPDX-License-Identifier: MIT */
#include "verb/certificate.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "base/xalloc.h"
#include "term/duration.h"
#include "term/translate.h"

#define NAMES_SHOWN 10

static char *printable(const char *text)
{
	char *copy = xstrdup(text);

	text_clean(copy, strlen(copy));
	return copy;
}

static void add_names(struct tree *t, int depth, const struct description *d)
{
	size_t shown = d->n_names < NAMES_SHOWN ? d->n_names : NAMES_SHOWN;
	unsigned long more = d->n_names - shown;
	char *names = xstrdup("");

	for (size_t i = 0; i < shown; i++) {
		size_t used = strlen(names), len = strlen(d->name[i]);

		names = xreallocarray(names, used + len + 2, 1);
		if (i > 0)
			names[used++] = ' ';
		memcpy(names + used, d->name[i], len + 1);
	}
	text_clean(names, strlen(names));
	if (more > 0)
		tree_add(t, depth, TERM_FAINT,
		    ngettext("names: %.*s and %lu more",
			"names: %.*s and %lu more", more),
		    (int)strlen(names), names, more);
	else if (shown > 0)
		tree_add(t, depth, TERM_FAINT, _("names: %s"), names);
	free(names);
}

bool certificate_is_old(const struct description *d, int64_t now, long days)
{
	int64_t left = d->expires - now;

	return days > 0 ? left < (int64_t)days * 86400
			: left < (d->expires - d->begins) / 3;
}

void certificate_tree(struct tree *t, int depth, const struct description *d,
    size_t place, bool dates_count, long days)
{
	char left[DURATION_MAX], date[DURATION_MAX];
	char *subject = printable(d->subject), *issuer = printable(d->issuer);
	int64_t now = clock_now();
	bool over = d->expires < now, early = !over && d->begins > now;
	bool soon = certificate_is_old(d, now, days);

	tree_add(t, depth,
	    !dates_count    ? TERM_PLAIN
	    : over || early ? TERM_BAD
	    : soon	    ? TERM_WARN
			    : TERM_PLAIN,
	    over    ? _("certificate %s, issued by %s, expired on %s")
	    : early ? _("certificate %s, issued by %s, not valid before %s")
	    : soon  ? _("certificate %s, issued by %s, expires on %s, in %s")
		    : _("certificate %s, issued by %s, valid until %s (%s)"),
	    subject, issuer,
	    duration_date(early ? d->begins : d->expires, date),
	    duration_text(d->expires - now, left));
	if (place == 0)
		add_names(t, depth + 1, d);
	if (place == 0 && !dates_count && (over || early))
		tree_add(
		    t, depth + 1, TERM_FAINT, _("which does not matter here"));
	free(subject);
	free(issuer);
}

void certificate_json(json_t *o, const struct description *d)
{
	json_t *names;

	json_text(o, "subject", d->subject);
	json_text(o, "issuer", d->issuer);
	names = json_member(o, "names", json_array());
	for (size_t i = 0; i < d->n_names; i++)
		json_append_text(names, d->name[i]);
	json_time(o, "begins", d->begins);
	json_time(o, "expires", d->expires);
}
