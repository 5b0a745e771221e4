/* settings: the settings, and whether the user that serves can read them.
 * SPDX-License-Identifier: MIT */
#include "verb/check/settings.h"

#include <string.h>
#include <unistd.h>

static const char *settings_file(const struct setup *c)
{
	const char *path = CONFIG_PATH;

	for (char *const *o = c->v->options; *o != NULL; o++) {
		if (strcmp(*o, "-c") == 0 && o[1] != NULL)
			path = *++o;
		else if (strncmp(*o, "-c", 2) == 0)
			path = *o + 2;
		else if (strcmp(*o, "-o") == 0 && o[1] != NULL)
			o++;
	}
	return path;
}

void check_settings(struct setup *c)
{
	const struct config *config = &c->v->config;
	const char *path = settings_file(c);
	char fix[CHECK_FIX_MAX];

	check_group(&c->report, "settings", _("Settings"));
	for (size_t i = 0; i < config->n_problems && i < CONFIG_PROBLEMS_MAX;
	     i++)
		check_tell(&c->report, CHECK_BAD, "settings", NULL,
		    _("%s. The default is used instead; mxpolicy.conf(5) "
		      "describes each key"),
		    config->problems[i].text);
	if (config->n_problems > 0)
		return;
	if (access(path, F_OK) != 0) {
		check_tell(&c->report, CHECK_GOOD, "settings", NULL,
		    _("%s does not exist: all settings have their defaults"),
		    path);
	} else if (!check_may(&c->user, path, R_OK)) {
		check_put(fix, sizeof fix, "chmod a+r %s", path);
		check_tell(&c->report, CHECK_BAD, "settings", fix,
		    _("%s cannot be read by the user %s: the defaults are "
		      "used"),
		    path, c->user.name);
	} else {
		check_tell(&c->report, CHECK_GOOD, "settings", NULL,
		    _("%s has no unknown or invalid settings"), path);
	}
}
