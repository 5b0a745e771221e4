/* postfix: which policy tables each instance of Postfix asks.
 * SPDX-License-Identifier: MIT */
#include "verb/check/postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "verb/check/earlier.h"
#include "verb/check/level.h"
#include "verb/check/master.h"
#include "verb/check/relay.h"
#include "verb/check/since.h"
#include "verb/check/tls.h"

#define TLSPOL_PORT "8642" /* of postfix-tlspol */
#define OUR_PORT "8461"	   /* and of postfix-mta-sts-resolver */
#define OUR_ADDRESS "socketmap:inet:127.0.0.1:" OUR_PORT

bool postfix_is_our_port(const char *port)
{
	return strcmp(port, OUR_PORT) == 0 || strcmp(port, TLSPOL_PORT) == 0;
}

/* The commands that replace one table of the list, add one to it (from "") or
 * take one out (to ""), and leave the others.  "" where it is not clear what
 * would be left, as with tables that a parameter stands for. */
static void fix_maps(const struct instance *p, const char *from, const char *to,
    char fix[static CHECK_FIX_MAX])
{
	char *list = p->maps != NULL ? maincf_replace(p->maps, from, to) : NULL;

	fix[0] = '\0';
	if (list != NULL)
		instance_fix(
		    p, "smtp_tls_policy_maps", list, fix, CHECK_FIX_MAX);
	free(list);
}

static const char *best_map(const struct instance *p)
{
	return instance_has_version(p, 3, 10) ? OUR_ADDRESS ":QUERYwithTLSRPT"
					      : OUR_ADDRESS ":QUERY";
}

/* The same table with another map after its last colon. */
static void fix_map_name(const struct instance *p, size_t at, const char *map,
    char fix[static CHECK_FIX_MAX])
{
	const char *text = p->table[at].text, *colon = strrchr(text, ':');
	char by[2 * MAINCF_NAME_MAX];

	check_put(by, sizeof by, "%.*s:%s", (int)(colon - text), text, map);
	fix_maps(p, text, by, fix);
}

static void check_version(struct setup *c, const struct instance *p, size_t at)
{
	const struct maincf_table *t = &p->table[at];
	const struct config_map *map =
	    config_map(&c->v->config, t->map, strlen(t->map));
	const char *version = instance_get(p, "mail_version");
	bool knows = instance_has_version(p, 3, 10);
	char fix[CHECK_FIX_MAX];

	if (map == NULL)
		return; /* the item "socket" says so */
	if (map->tlsrpt && !knows) {
		fix_map_name(p, at, "QUERY", fix);
		check_tell(&c->report, CHECK_BAD, "map-version", fix,
		    _("Postfix %s rejects the attributes of the map %s, which "
		      "needs 3.10: mail to all domains with MTA-STS is "
		      "deferred"),
		    version, t->map);
	} else if (map->servername && !instance_has_version(p, 3, 4)) {
		check_put(fix, sizeof fix,
		    "printf '[map %s]\\nservername = no\\n' >>%s", t->map,
		    CONFIG_PATH);
		check_tell(&c->report, CHECK_BAD, "map-version", fix,
		    _("Postfix %s rejects servername=, which needs 3.4: mail "
		      "to all domains with MTA-STS is deferred"),
		    version);
	} else if (!map->tlsrpt && knows) {
		fix_map_name(p, at, "QUERYwithTLSRPT", fix);
		check_tell(&c->report, CHECK_WARNING, "map-version", fix,
		    _("Postfix %s could use more than the map %s provides: "
		      "QUERYwithTLSRPT adds the MX hosts that a policy allows, "
		      "and what TLSRPT reports"),
		    version, t->map);
	} else {
		check_tell(&c->report, CHECK_GOOD, "map-version", NULL,
		    _("Postfix %s works with the map %s"), version, t->map);
	}
}

/* A socketmap where mxpolicy does not answer; `by` is what should be in its
 * place, "" where mxpolicy is in the list already. */
static void tell_foreign(
    struct setup *c, const struct instance *p, size_t at, const char *by)
{
	const struct maincf_table *t = &p->table[at];
	const struct endpoint *e = endpoint_find(&c->endpoints, t);
	char fix[CHECK_FIX_MAX];

	fix_maps(p, t->text, by, fix);
	/* main.cf is right; what serves there has to change. */
	if (strcmp(t->port, OUR_PORT) == 0 && e != NULL) {
		check_tell(&c->report, CHECK_BAD, "policy-maps",
		    e->result == CHECKSOCKET_OTHER
			? "systemctl disable --now postfix-mta-sts-resolver\n"
			  "systemctl enable --now mxpolicy.socket"
			: "systemctl enable --now mxpolicy.socket",
		    e->result == CHECKSOCKET_OTHER
			? _("smtp_tls_policy_maps: %s is answered by another "
			    "server; postfix-mta-sts-resolver uses the same "
			    "port")
			: _("smtp_tls_policy_maps: mxpolicy does not answer "
			    "%s"),
		    t->text);
		return;
	}
	if (t->kind == MAINCF_BROKEN)
		check_tell(&c->report, CHECK_BAD, "policy-maps", fix,
		    _("smtp_tls_policy_maps: %s does not name an inet: or "
		      "unix: socket and a map; smtp(8) exits with a fatal "
		      "error"),
		    t->text);
	else if (strcmp(t->port, TLSPOL_PORT) == 0)
		check_tell(&c->report, CHECK_BAD, "policy-maps", fix,
		    _("smtp_tls_policy_maps: %s is the port of postfix-tlspol; "
		      "mxpolicy serves the same maps on port 8461"),
		    t->text);
	else
		/* It may be the administrator's own: what it is for is not
		 * known, and so nothing may take its place. */
		check_tell(&c->report, CHECK_BAD, "policy-maps", NULL,
		    _("smtp_tls_policy_maps: mxpolicy does not answer %s"),
		    t->text);
}

/* The administrator's own table: of a type that Postfix looks into itself, or
 * a server that is known to be neither mxpolicy nor one that it replaces. */
static bool is_own(const struct setup *c, const struct maincf_table *t)
{
	const struct endpoint *e = endpoint_find(&c->endpoints, t);

	return t->kind == MAINCF_OTHER ||
	       (e != NULL && e->result == CHECKSOCKET_OTHER &&
		   !postfix_is_our_port(t->port));
}

/* A port on loopback is for everybody who has an account. */
static void check_accounts(
    struct setup *c, const struct instance *p, const struct maincf_table *ours)
{
	char names[CHECK_PEOPLE_MAX], fix[CHECK_FIX_MAX] = "";

	if (ours->kind != MAINCF_INET || !check_people(names))
		return;
	if (c->systemd && !ours->proxied)
		master_fix_unix(p, ours, fix);
	check_tell(&c->report, CHECK_WARNING, "accounts", fix,
	    _("other people have accounts here (%s, ...), and can use up the "
	      "connections of port %s; mxpolicy-unix.socket is for Postfix "
	      "alone"),
	    names, ours->port);
}

/* The one table that is mxpolicy's, and those before it. */
static void check_tables(struct setup *c, const struct instance *p)
{
	size_t ours = 0, foreign = 0;
	char fix[CHECK_FIX_MAX];

	while (ours < p->n_tables &&
	       !endpoint_is_ours(&c->endpoints, &p->table[ours]))
		ours++;
	for (size_t i = 0; i < p->n_tables; i++) {
		const struct maincf_table *t = &p->table[i];

		if (is_own(c, t) || endpoint_is_ours(&c->endpoints, t))
			continue;
		tell_foreign(c, p, i, ours == p->n_tables ? best_map(p) : "");
		foreign++;
	}
	if (ours == p->n_tables) {
		fix_maps(p, "", best_map(p), fix);
		if (foreign == 0)
			check_tell(&c->report, CHECK_BAD, "policy-maps", fix,
			    _("smtp_tls_policy_maps does not name mxpolicy, so "
			      "it is never asked"));
		return;
	}
	check_tell(&c->report, CHECK_GOOD, "policy-maps", NULL,
	    _("smtp_tls_policy_maps asks mxpolicy: %s"), p->table[ours].text);
	for (size_t i = 0; i < ours; i++)
		if (is_own(c, &p->table[i]))
			check_earlier(c, p, &p->table[i]);
	if (p->table[ours].proxied) {
		const char *text = p->table[ours].text;

		fix_maps(p, text, text + strlen("proxy:"), fix);
		check_tell(&c->report, CHECK_WARNING, "proxy", fix,
		    _("proxymap(8) handles one query at a time: while a policy "
		      "is fetched, its other tables wait"));
	}
	check_accounts(c, p, &p->table[ours]);
	check_version(c, p, ours);
	check_default_level(c, p, &p->table[ours]);
	check_relay(c, p, &p->table[ours]);
}

void check_postfix(struct setup *c)
{
	char heading[PATH_MAX + 64];

	if (c->n_instances == 0) {
		check_group(&c->report, "postfix", _("Postfix"));
		check_tell(&c->report, CHECK_SKIPPED, "postfix", NULL,
		    _("Postfix is not installed here (postconf was not "
		      "found)"));
		return;
	}
	for (size_t i = 0; i < c->n_instances; i++) {
		const struct instance *p = &c->instance[i];

		check_put(heading, sizeof heading, _("Postfix, %s"), p->dir);
		check_group(&c->report, "postfix", heading);
		c->report.where = p->dir;
		if (p->main == NULL) {
			check_tell(&c->report, CHECK_BAD, "postfix", NULL,
			    _("its settings cannot be read: %s"), p->why);
			continue;
		}
		check_tables(c, p);
		check_tls(&c->report, p);
		check_since(&c->report, p, &c->v->config);
		check_master(&c->report, p, c->connections);
	}
}
