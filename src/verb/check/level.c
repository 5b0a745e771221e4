/* level: does default-level say what main.cf says?
 * SPDX-License-Identifier: MIT */
#include "verb/check/level.h"

#include <string.h>

static const char *const words[] = {
    [CONFIG_LEVEL_NONE] = "none",
    [CONFIG_LEVEL_MAY] = "may",
    [CONFIG_LEVEL_DANE] = "dane",
    [CONFIG_LEVEL_ENCRYPT] = "encrypt",
    [CONFIG_LEVEL_VERIFY] = "verify",
    [CONFIG_LEVEL_SECURE] = "secure",
};

/* The level of main.cf as one of ours.  The obsolete setting counts where the
 * other is empty, and what is not among ours is as strict as "secure". */
static enum config_level level_of(const struct instance *p)
{
	const char *value = instance_get(p, "smtp_tls_security_level");

	if (value[0] == '\0')
		return strcmp(instance_get(p, "smtp_enforce_tls"), "yes") == 0
			   ? CONFIG_LEVEL_ENCRYPT
			   : CONFIG_LEVEL_NONE;
	for (int i = 0; i <= CONFIG_LEVEL_SECURE; i++)
		if (strcmp(value, words[i]) == 0)
			return (enum config_level)i;
	return CONFIG_LEVEL_SECURE;
}

void check_default_level(
    struct setup *c, const struct instance *p, const struct maincf_table *ours)
{
	const struct config_map *map =
	    config_map(&c->v->config, ours->map, strlen(ours->map));
	enum config_level level = level_of(p);
	bool is_strict = level >= CONFIG_LEVEL_ENCRYPT;
	char fix[CHECK_FIX_MAX];

	if (map == NULL)
		return; /* the item "socket" says so */
	check_put(fix, sizeof fix,
	    "printf '[map %s]\\ndefault-level = %s\\n' >>%s", map->name,
	    words[level], CONFIG_PATH);
	if (is_strict && map->default_level < CONFIG_LEVEL_ENCRYPT)
		check_tell(&c->report, CHECK_BAD, "default-level", fix,
		    _("smtp_tls_security_level is at least %s, default-level "
		      "of the map %s is %s: a reply \"dane\" lets mail to "
		      "hosts without TLSA records go in clear text"),
		    words[level], map->name, words[map->default_level]);
	else if (!is_strict && map->default_level >= CONFIG_LEVEL_ENCRYPT)
		check_tell(&c->report, CHECK_WARNING, "default-level", fix,
		    _("default-level of the map %s is %s, "
		      "smtp_tls_security_level is %s: the map is stricter "
		      "than main.cf"),
		    map->name, words[map->default_level], words[level]);
	else
		check_tell(&c->report, CHECK_GOOD, "default-level", NULL,
		    _("default-level of the map %s agrees with "
		      "smtp_tls_security_level"),
		    map->name);
}
