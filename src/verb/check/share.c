/* share: the cache that machines share, as this one sees it.
 * SPDX-License-Identifier: MIT */
#include "verb/check/share.h"

#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "fleet/sharelink.h"
#include "wire/shareurl.h"

#define ANSWER_MS 3000

/* Is it on this machine, where nobody else can come between? */
static bool is_near(const char *text)
{
	struct shareurl u;
	struct reason why;

	if (!shareurl_parse(&u, text, &why))
		return true; /* check_settings() has told */
	return u.kind == SHAREURL_UNIX ||
	       (u.n_hosts == 1 && (strncmp(u.hosts[0].name, "127.", 4) == 0 ||
				      strcmp(u.hosts[0].name, "::1") == 0));
}

static void check_belief(struct setup *c)
{
	const struct config *config = &c->v->config;

	if (config->shared_cache_key[0] == '\0' && config->shared_cache_trust &&
	    !is_near(config->shared_cache))
		check_tell(&c->report, CHECK_WARNING, "share-key", NULL,
		    _("shared-cache-trust = yes without shared-cache-key: "
		      "whoever can write to %s, or to the network on the way, "
		      "decides what policies are"),
		    config->shared_cache);
	else if (config->shared_cache_key[0] == '\0' &&
		 !config->shared_cache_trust)
		check_tell(&c->report, CHECK_WARNING, "share-key", NULL,
		    _("shared-cache needs a shared-cache-key: without it "
		      "nothing is shared, see mxpolicy-share(8)"));
	else
		check_tell(&c->report, CHECK_GOOD, "share-key", NULL,
		    config->shared_cache_key[0] != '\0'
			? _("what others say has to prove itself with the "
			    "shared-cache-key")
			: _("the shared cache is believed without a key "
			    "(shared-cache-trust)"));
}

static void check_answer(struct setup *c)
{
	struct share_frame f = {.kind = SHARE_STATE, .seq = 1};
	const char *path = c->v->config.share_socket;
	struct sharelink *l = sharelink_open(path);

	if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
		check_tell(&c->report, CHECK_SKIPPED, "share-answer", NULL,
		    _("you may not write to %s: run this as root"), path);
	else if (!sharelink_say(l, &f))
		check_tell(&c->report, CHECK_WARNING, "share-answer",
		    c->systemd ? "systemctl enable --now mxpolicy-share.socket"
			       : NULL,
		    _("nothing listens on %s: nothing is shared, this machine "
		      "looks everything up itself"),
		    path);
	else if (!sharelink_wait(l, 1, &f, clock_ms() + ANSWER_MS) ||
		 f.kind != SHARE_STATED)
		check_tell(&c->report, CHECK_WARNING, "share-answer", NULL,
		    _("mxpolicy-share does not answer on %s; its log says "
		      "why"),
		    path);
	else if (f.why == SHARE_REFUSED)
		check_tell(&c->report, CHECK_WARNING, "share-answer", NULL,
		    _("the shared cache %s answers, but does not do all that "
		      "is needed: %s"),
		    c->v->config.shared_cache, f.text);
	else if (f.why != SHARE_OK)
		check_tell(&c->report, CHECK_WARNING, "share-answer", NULL,
		    _("the shared cache %s cannot be asked (%s): this machine "
		      "looks everything up itself"),
		    c->v->config.shared_cache, f.text);
	else
		check_tell(&c->report,
		    f.usec < SHARE_BOUND_MS * 1000 ? CHECK_GOOD : CHECK_WARNING,
		    "share-answer", NULL,
		    _("the shared cache %s answers after %.1f ms; lookups wait "
		      "for %d ms at most (%s)"),
		    c->v->config.shared_cache, f.usec / 1000.0, SHARE_BOUND_MS,
		    f.text);
	sharelink_close(l);
}

void check_share(struct setup *c)
{
	if (!config_shares(&c->v->config))
		return;
	check_group(&c->report, "share", _("Shared cache"));
	check_belief(c);
	check_answer(c);
}
